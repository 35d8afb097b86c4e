"""Batched pairwise squared distances, right for near-copies."""

from dmdrepro.kernels.pairwise_sqdist.op import pairwise_sqdist

__all__ = ["pairwise_sqdist"]
