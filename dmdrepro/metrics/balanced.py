"""The same assignment with costs that a solver by shortest paths is done with sooner.

To add a number to each row and to each column moves no optimum. For any T, symmetric and positive,
x.T x and y.T^-1 y in place of |x|^2 and |y|^2 make |T^1/2 x - T^-1/2 y|^2 of |x - y|^2. With the
optimal map T between Gaussians of the two covariances (Olkin and Pukelsheim 1982) each row's
cheapest columns are near its optimal one. Under the squared distances all rows of a set that
hardly varies want the same few, and the solver takes four times as long.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

LEAST = 1e-12  # of the largest variance: what a direction without any counts as


def balanced_costs(x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """[N, N] float64 >= 0, with the optimal assignments of |x_i - y_j|^2, but for rounding.

    `x`, `y` [N, D] float64. None if a set does not vary, or if the numbers leave float64's range.
    """
    x, y = x - x.mean(0), y - y.mean(0)
    with np.errstate(all="ignore"):
        a, b = x.T @ x, y.T @ y
        if not (np.isfinite(a).all() and np.isfinite(b).all() and a.any() and b.any()):
            return None
        half, back = _power(a, 0.5), _power(a, -0.5)
        t = back @ _power(half @ b @ half, 0.5) @ back  # T a T = b
        if not np.isfinite(t).all():
            return None
        costs = cdist(x @ _power(t, 0.5), y @ _power(t, -0.5), "sqeuclidean")
    return costs if np.isfinite(costs).all() else None


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """Of a symmetric positive matrix [D, D]."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, LEAST * values[-1]) ** exponent) @ vectors.T
