"""Pairs of sets with awkward costs, and solvers, for the tests of the optimum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmdrepro.metrics.solvers import lapx_installed

NO_LAPX = pytest.mark.skipif(not lapx_installed(), reason="lapx is not installed (optional)")
solvers = pytest.mark.parametrize(
    "solver", ["scipy", pytest.param("lapx", marks=NO_LAPX), "auction"]
)


def gaussian(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def half_kept(seed: int, n: int, d: int, kept: float, dtype=np.float64):
    """Teacher and a shifted student that has `kept` of its noise."""
    x, e = np.random.default_rng(seed).standard_normal((2, n, d))
    y = 0.1 + kept * x + e * (1 - kept**2) ** 0.5
    return x.astype(dtype), y.astype(dtype)


def awkward_sets(n: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(x, y) [n, D]: independent, tied, degenerate, at scales that rounding mixes up."""
    rng = np.random.default_rng(n)
    x = gaussian(n, n, 4)
    crowd = x[rng.integers(0, 1 + n // 3, n)]
    half = x.copy()
    half[: n // 2] = gaussian(n + 1, n // 2, 4)
    half[n // 2 :] += 1e-12 * gaussian(n + 2, n - n // 2, 4)
    return {
        "independent": (x, gaussian(n + 3, n, 4)),
        "independent, 300 dimensions": (gaussian(n, n, 300), gaussian(n + 3, n, 300)),
        "disturbed copy in the plane": (x[:, :2], x[:, :2] + gaussian(n + 4, n, 2)),
        "copy": (x, x),
        "permuted copy": (x, x[rng.permutation(n)]),
        "near-copy": (x, x + 1e-12 * gaussian(n + 4, n, 4)),
        "permuted near-copy far away": (1e3 + x, 1e3 + x[::-1] + 1e-9 * gaussian(n + 5, n, 4)),
        "half near-copies": (half, x),
        "duplicates": (x[rng.integers(0, 1 + n // 3, n)], crowd),
        "near-duplicates": (crowd, crowd[::-1] + 1e-12 * gaussian(n + 6, n, 4)),
        "translated": (x, x + 3.0),
        "translated far": (x, x[rng.permutation(n)] + 1e7),
        "constant": (x, np.full((n, 4), 1 / 3)),
        "all equal": (np.full((n, 4), 0.1), np.full((n, 4), 1 / 3)),
        "half constant": (x, np.where(np.arange(n)[:, None] < n / 2, 0.1, x)),
        "integers": (np.round(x), np.round(gaussian(n + 3, n, 4))),
        "two far clusters": (x + 1e6 * (np.arange(n) % 2)[:, None], x + 1e6 * crowd[:, :1].round()),
    }


def small_sets():
    """(teacher, student) of up to six integer points, ties and copies included: exact sums."""
    shapes = st.tuples(st.integers(2, 6), st.integers(1, 3))
    whole = st.integers(-5, 5).map(float)
    return shapes.flatmap(lambda shape: st.tuples(*[arrays(np.float64, shape, elements=whole)] * 2))
