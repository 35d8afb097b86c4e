"""The public operation `pairwise_sqdist` and its registration with torch."""

import torch

from dmdrepro.kernels.checks import FLOATS, check_same_device
from dmdrepro.kernels.dispatch import implementation
from dmdrepro.kernels.pairwise_sqdist.reference import pairwise_sqdist_reference


@torch.library.custom_op("dmdrepro::pairwise_sqdist", mutates_args=())
def _pairwise_sqdist(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    # float64 inputs (a user's arrays) have no kernel: the reference keeps their digits.
    if torch.float64 in (x.dtype, y.dtype):
        return pairwise_sqdist_reference(x, y)
    return implementation("pairwise_sqdist", x, pairwise_sqdist_reference)(x, y)


@_pairwise_sqdist.register_fake
def _(x, y):
    return torch.empty((x.shape[0], x.shape[1], y.shape[1]), dtype=torch.float64, device=x.device)


def pairwise_sqdist(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Squared Euclidean distances |x_i - y_j|^2, float64.

    `x`: [N, D] or [B, N, D], `y`: [M, D] or [B, M, D]; float32, bfloat16, float16 or float64, any
    strides; returns [N, M] or [B, N, M]. Near-copies keep their digits: every entry has a relative
    error below 1e-10. Values that are not finite give entries that are not. Raises ValueError for
    shapes, dtypes or devices that do not fit, or an empty set.
    """
    if x.ndim not in (2, 3) or x.ndim != y.ndim:
        raise ValueError(
            f"pairwise_sqdist: x has shape {tuple(x.shape)} and y {tuple(y.shape)}; "
            "pass [N, D] and [M, D], or [B, N, D] and [B, M, D]."
        )
    if x.shape[-1] != y.shape[-1] or x.shape[:-2] != y.shape[:-2] or 0 in (*x.shape, *y.shape):
        raise ValueError(
            f"pairwise_sqdist: shapes {tuple(x.shape)} and {tuple(y.shape)} do not fit; "
            "D (and B) must agree and nothing may be empty."
        )
    check_same_device("pairwise_sqdist", {"x": x, "y": y}, (*FLOATS, torch.float64))
    if x.ndim == 3:
        return _pairwise_sqdist(x.detach(), y.detach())
    return _pairwise_sqdist(x.detach()[None], y.detach()[None])[0]
