"""Batched pairwise squared distances, right for near-copies."""

from kernels.pairwise_sqdist.op import pairwise_sqdist

__all__ = ["pairwise_sqdist"]
