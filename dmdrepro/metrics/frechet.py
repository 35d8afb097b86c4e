"""The Frechet distance of two sets of features, each taken for a Gaussian (Heusel et al. 2017).

W2^2 of two Gaussians: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)).
"""

from __future__ import annotations

import torch

from dmdrepro.metrics.samples import Samples, as_rows
from dmdrepro.metrics.scale import exponent_of, restored, scaled


def frechet_squared(x: Samples, y: Samples) -> float:
    """The squared Frechet distance of features [N, D] and [M, D], as FID takes it; at least 0.

    In float64, with covariances over N - 1 and M - 1; 0 for equal sets. The trace is computed as
    min over orthogonal U of |R1 - U R2|^2, where R^T R = S (Bhatia, Jain and Lim 2019), so that
    nothing cancels for near-copies. Sets of one law are not at 0: the mean over draws falls with
    N, so compare with data against data at the same N. Raises ValueError for fewer than two
    samples, values that are not finite, or features of different sizes.
    """
    first, second = as_rows(x, "x"), as_rows(y, "y")
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"x has {first.shape[1]} features and y {second.shape[1]}; pass [N, D] and [M, D]."
        )
    second = second.to(first.device)
    if torch.equal(first, second):
        return 0.0
    exponent = exponent_of(first, second)
    mean_x, root_x = _gaussian(scaled(first, -exponent).double())
    mean_y, root_y = _gaussian(scaled(second, -exponent).double())
    left, _, right = torch.linalg.svd(root_x @ root_y.T)
    spread = (root_x - left @ right @ root_y).square().sum()
    found = float((mean_x - mean_y).square().sum() + spread)
    return restored(found, 2 * exponent, "The squared Frechet distances")


def _gaussian(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean [D] and R [D, D], R^T R the covariance, of rows [N, D]."""
    mean = rows.mean(0)
    centred = (rows - mean) / (len(rows) - 1) ** 0.5
    missing = max(0, rows.shape[1] - len(rows))
    return mean, torch.linalg.qr(torch.cat([centred, centred.new_zeros(missing, rows.shape[1])]))[1]
