"""The cheapest column of chosen rows under prices, and the cost of the next."""
