"""The two nearest data of each query, without the matrix of distances."""

from dmdrepro.kernels.nearest_two.op import NearestTwo, nearest_two

__all__ = ["NearestTwo", "nearest_two"]
