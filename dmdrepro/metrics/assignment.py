"""The exact optimal pairing of two equally large sets of samples (equation 4)."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from kernels import pairwise_sqdist


def mean_sqdist(x: torch.Tensor, y: torch.Tensor) -> float:
    """Mean over rows of |x_i - y_i|^2 from float64 differences; x, y [N, D]."""
    return float((x.double() - y.double()).square().sum(1).mean())


def optimal_assignment(x: torch.Tensor, y: torch.Tensor) -> tuple[np.ndarray, float]:
    """(row of `y` paired with each row of `x` [N] int64, E_OT) for rows [N, D].

    E_OT is the mean squared distance under the optimal coupling of the two empirical measures,
    which is a permutation (Birkhoff), found exactly. Needs the [N, N] float64 matrix in memory.
    Raises ValueError where squared distances overflow float64.
    """
    distances = pairwise_sqdist(x, y).cpu().numpy()  # [N, N]
    if not np.isfinite(distances).all():
        raise ValueError("Squared distances overflow float64; scale both sets down alike.")
    assignment = linear_sum_assignment(distances)[1].astype(np.int64)
    e_ot = mean_sqdist(x, y[torch.from_numpy(assignment).to(y.device)])
    # Among pairings of equal cost rounding decides. The given one is a coupling too, so that
    # E_OT <= E_DT holds to the last bit.
    given = mean_sqdist(x, y)
    if given <= e_ot:
        return np.arange(len(x), dtype=np.int64), given
    return assignment, e_ot
