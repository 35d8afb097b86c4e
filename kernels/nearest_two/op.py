"""The public operation `nearest_two` and its registration with torch."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from kernels.checks import FLOATS, check_same_device
from kernels.dispatch import backend
from kernels.nearest_two.reference import candidates_reference

CANDIDATES = 8  # ranked exactly; the approximate order errs only among near-ties


@dataclass(frozen=True)
class NearestTwo:
    """`sqdist` [N, 2] float64 ascending, `index` [N, 2] int64, `mean_distance` [N] float64."""

    sqdist: torch.Tensor
    index: torch.Tensor
    mean_distance: torch.Tensor


@torch.library.custom_op("dmdrepro::nearest_two", mutates_args=())
def _nearest_two(
    queries: torch.Tensor, data: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    # Centred, the norms that cancel in |q|^2 + |x|^2 - 2 q.x are as small as they can be.
    centre = data.mean(0, dtype=torch.float32)
    centred = queries.float() - centre, data.float() - centre
    if backend(queries.device) == "triton":
        from kernels.nearest_two.kernel import launch as candidates
    else:
        candidates = candidates_reference
    values, places, total = candidates(*centred)
    index, sqdist = _ranked(values, places, queries, data)
    return sqdist, index, total / len(data)


def _ranked(
    values: torch.Tensor, places: torch.Tensor, queries: torch.Tensor, data: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The two nearest by exact float64 distance, the lower index first among equals."""
    by_place, order = places.sort(dim=1)
    order = values.gather(1, order).sort(dim=1, stable=True)[1][:, :CANDIDATES]
    kept = by_place.gather(1, order).sort(dim=1)[0]  # [N, CANDIDATES], indices ascending
    exact = (data[kept.clamp_min(0)].double() - queries[:, None].double()).square().sum(2)
    exact[kept < 0] = float("inf")
    sqdist, first = exact.sort(dim=1, stable=True)
    return kept.gather(1, first)[:, :2].contiguous(), sqdist[:, :2].contiguous()


@_nearest_two.register_fake
def _(queries, data):
    def pair(dtype):
        return torch.empty((len(queries), 2), dtype=dtype, device=queries.device)

    mean = torch.empty(len(queries), dtype=torch.float64, device=queries.device)
    return pair(torch.float64), pair(torch.int64), mean


def nearest_two(queries: torch.Tensor, data: torch.Tensor) -> NearestTwo:
    """Each query's two nearest data, their exact squared distances, and its mean distance to all.

    `queries`: [N, D], `data`: [M, D] with M >= 2; float32, bfloat16 or float16, any strides.
    Memory grows with N and M, never with N M. `sqdist` and `index` come from float64 differences
    of the best candidates, the lower index first among equals; `mean_distance` is a float32 sum
    (relative error about 1e-6). Raises ValueError for shapes, dtypes or devices that do not fit.
    """
    if queries.ndim != 2 or data.ndim != 2 or queries.shape[1] != data.shape[1]:
        raise ValueError(
            f"nearest_two: shapes {tuple(queries.shape)} and {tuple(data.shape)} do not fit; "
            "pass [N, D] and [M, D]."
        )
    if len(data) < 2 or 0 in queries.shape:
        raise ValueError(
            f"nearest_two: {len(queries)} queries and {len(data)} data; "
            "at least one query and two data are needed."
        )
    check_same_device("nearest_two", {"queries": queries, "data": data}, FLOATS)
    return NearestTwo(*_nearest_two(queries.detach(), data.detach()))
