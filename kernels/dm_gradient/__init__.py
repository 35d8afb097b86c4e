"""The fused gradient of the distribution matching loss."""

from dmdrepro.kernels.dm_gradient.op import dm_gradient

__all__ = ["dm_gradient"]
