"""Pairs of sets with awkward costs or known numbers, and solvers."""

import numpy as np
import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from dmdrepro.metrics.solvers import lapx_installed

settings.register_profile("metrics", max_examples=60, deadline=None)
settings.load_profile("metrics")
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


awkward = pytest.mark.parametrize("name", list(awkward_sets(2)))


def tensors(sets) -> list[torch.Tensor]:
    return [torch.from_numpy(np.ascontiguousarray(t)) for t in sets]


def scipys(x, y) -> float:
    """E_OT by scipy; differences first: right for near-copies."""
    sets = (np.asarray(t, np.float64).reshape(len(t), -1) for t in (x, y))
    cost = cdist(*sets, "sqeuclidean")
    return cost[linear_sum_assignment(cost)].mean()


def displaced(displacement):
    """Phi_1, Phi_8 and G [N, 3]: |Phi_1 - Phi_8| is 5, |G - Phi_8| 5 + `displacement`."""
    n = len(displacement)
    rng = np.random.default_rng(0)

    def away(length):
        direction = rng.standard_normal((n, 3))
        return length[:, None] * direction / np.linalg.norm(direction, axis=1)[:, None]

    eight = rng.standard_normal((n, 3))
    return eight + away(np.full(n, 5.0)), eight, eight + away(5.0 + displacement)


def small_sets():
    """(teacher, student) of up to six integer points, ties and copies included: exact sums."""
    shapes = st.tuples(st.integers(2, 6), st.integers(1, 3))
    whole = st.integers(-5, 5).map(float)
    return shapes.flatmap(lambda shape: st.tuples(*[arrays(np.float64, shape, elements=whole)] * 2))
