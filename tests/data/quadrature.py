"""Numerical integration that the toys' denoisers are held against; nothing of theirs is used."""

from itertools import pairwise

import numpy as np

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_DYADIC = np.concatenate(([0.0], 2.0 ** np.arange(-50, 0)))  # 0, 2^-50, ..., 1/2
_GRADED = np.concatenate((_DYADIC, 1 - _DYADIC[::-1][1:]))  # fine towards both ends of [0, 1]


def graded_rule(low: float, high: float, peak: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [low, high] that resolve any scale at the ends and at `peak`."""
    ends = [low, peak, high] if low < peak < high else [low, high]
    nodes, weights = [], []
    for start, stop in pairwise(ends):
        cuts = start + (stop - start) * _GRADED
        half = np.diff(cuts)[:, None] / 2
        nodes.append((cuts[:-1, None] + half * (_NODES + 1)).ravel())
        weights.append((half * _WEIGHTS).ravel())
    return np.concatenate(nodes), np.concatenate(weights)


def interval_integral(x: float, sigma: float, low: float, high: float) -> tuple[float, float]:
    """log of the integral of exp(-(t - x)^2 / (2 sigma^2)), and the mean of t under it."""
    t, weight = graded_rule(low, high, x)
    log = -((t - x) ** 2) / (2 * sigma**2)
    top = log.max()
    density = weight * np.exp(log - top)
    return top + np.log(density.sum()), float((density * t).sum() / density.sum())


def plane_posterior_mean(density, x: np.ndarray, sigma: float, half: float, n: int) -> np.ndarray:
    """E[x0 | x0 + sigma eps = x] in the plane, by a sum over an n x n grid on [-half, half]^2.

    Exact up to rounding for smooth densities that have died out at the border. `density`: of
    points [M, 2]; `x`: [2].
    """
    axis = (np.arange(n) + 0.5) / n * 2 * half - half
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    weight = density(points) * np.exp(-((points - x) ** 2).sum(1) / (2 * sigma**2))
    return weight @ points / weight.sum()
