"""The public operation `nearest_two` and its registration with torch."""

from dataclasses import dataclass

import torch

from dmdrepro.kernels.checks import FLOATS, check_same_device
from dmdrepro.kernels.dispatch import implementation
from dmdrepro.kernels.nearest_two.reference import (
    candidates_reference,
    exact_sqdist,
    exhaustive_two,
)

CANDIDATES = 8  # ranked exactly
AT_ONCE = 16  # queries that look at all the data


@dataclass(frozen=True)
class NearestTwo:
    """`sqdist` [N, 2] float64 ascending, `index` [N, 2] int64, `mean_distance` [N] float64."""

    sqdist: torch.Tensor
    index: torch.Tensor
    mean_distance: torch.Tensor


def find_two(
    queries: torch.Tensor, data: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """`sqdist`, `index`, `mean_distance` of checked inputs."""
    for name, values in (("queries", queries), ("data", data)):
        if not bool(torch.isfinite(values).all()):
            raise ValueError(f"nearest_two: {name} hold values that are not finite.")
    candidates = implementation("nearest_two", queries, candidates_reference)
    kept, floor, total = candidates(queries, data, CANDIDATES)
    kept = kept.sort(dim=1)[0]  # indices ascending, so that a stable sort keeps the lower one first
    exact = exact_sqdist(queries, data[kept.clamp_min(0)])  # [N, CANDIDATES]
    exact = exact.masked_fill(kept < 0, float("inf"))
    sqdist, order = exact.sort(dim=1, stable=True)
    sqdist, index = sqdist[:, :2].contiguous(), kept.gather(1, order[:, :2])
    mean_distance = total / len(data)  # D(z) of section 4.2.1
    # Certain if the second is nearer than all that was left out. Other queries (near-ties, nan, few
    # data) look at all the data.
    certain = (sqdist[:, 1] < floor) & (len(data) > CANDIDATES)
    doubtful = certain.logical_not().nonzero().flatten()
    for first in range(0, len(doubtful), AT_ONCE):
        i = doubtful[first : first + AT_ONCE]
        index[i], sqdist[i], mean_distance[i] = exhaustive_two(queries[i], data)
    return sqdist, index, mean_distance


_nearest_two = torch.library.custom_op("dmdrepro::nearest_two", find_two, mutates_args=())


@_nearest_two.register_fake
def _(queries, data):
    def pair(dtype):
        return torch.empty((len(queries), 2), dtype=dtype, device=queries.device)

    mean = torch.empty(len(queries), dtype=torch.float64, device=queries.device)
    return pair(torch.float64), pair(torch.int64), mean


def nearest_two(queries: torch.Tensor, data: torch.Tensor) -> NearestTwo:
    """Each query's two nearest data, their exact squared distances, and its mean distance to all.

    `queries`: [N, D], `data`: [M, D] with M >= 2; float32, bfloat16 or float16, any strides.
    Memory grows with N and M; with N M only from 131,072 data on, by a thousandth of the matrix.
    `index` is the exact order of the float64 `sqdist`, the lower index first among equals: a fast
    pass finds candidates that are ranked exactly, and a query whose second is not provably nearer
    than all others searches everything. `mean_distance` comes from the fast pass, with a relative
    error of 1e-5; the distance to a datum that nearly is the query may be off by a thousandth of
    the query's distance from the mean of the data. Raises ValueError for shapes, dtypes or devices
    that do not fit, and for values that are not finite.
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
