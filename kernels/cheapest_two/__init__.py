"""The cheapest column of chosen rows under prices, and the cost of the next."""

from dmdrepro.kernels.cheapest_two.op import CheapestTwo, cheapest_two

__all__ = ["CheapestTwo", "cheapest_two"]
