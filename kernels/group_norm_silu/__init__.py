"""Group normalisation, scale and shift, and SiLU in one, forward and backward."""
