"""Improved precision and recall (Kynkaanniemi et al. 2019): is one set where the other is?"""

from __future__ import annotations

import torch

from dmdrepro.kernels import pairwise_sqdist
from dmdrepro.metrics.samples import Samples, same_rows
from dmdrepro.metrics.scale import exponent_of, scaled

NEIGHBOURS = 3  # theirs


def precision_recall(samples: Samples, data: Samples, k: int = NEIGHBOURS) -> tuple[float, float]:
    """(share of the samples on the data's manifold, share of the data on the samples').

    Features [N, D] of both, equally many. A set's manifold is the union of balls about its points,
    with the distance to the k-th nearest other point of the set as radius: 0 for points that occur
    k + 1 times. Precision falls with samples that look like no datum,
    recall with data that no sample looks like. Raises ValueError for unequal shapes, values that
    are not finite, or N <= k.
    """
    x, y = same_rows(samples=samples, data=data)
    exponent = exponent_of(x, y)
    x, y = scaled(x, -exponent), scaled(y, -exponent)
    if not 1 <= k < len(x):
        raise ValueError(f"k is {k} and each set has {len(x)} points; 1 <= k < N is needed.")
    between = pairwise_sqdist(x, y)  # [N, N]
    on_data = (between <= _radii(y, k)[None, :]).any(1)
    on_samples = (between <= _radii(x, k)[:, None]).any(0)
    return float(on_data.double().mean()), float(on_samples.double().mean())


def _radii(points: torch.Tensor, k: int) -> torch.Tensor:
    """[N] squared distance of each point to its k-th nearest other point."""
    within = pairwise_sqdist(points, points).fill_diagonal_(float("inf"))
    return within.topk(k, dim=1, largest=False).values[:, -1]
