"""Group normalisation, scale and shift, and SiLU in one, forward and backward."""

from dmdrepro.kernels.group_norm_silu.op import group_norm_silu

__all__ = ["group_norm_silu"]
