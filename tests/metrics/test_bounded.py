"""Costs that are bounds until they are looked at: true bounds, and the same optimum."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pairs import awkward, awkward_sets, gaussian, scipys, tensors
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from dmdrepro.metrics import assignment, pairing_inefficiency
from dmdrepro.metrics.bounded import BoundedCosts, TooCoarse
from dmdrepro.metrics.solvers import lapx_installed


def exact(x, y):
    return cdist(x.astype(np.float64), y.astype(np.float64), "sqeuclidean")


@given(
    st.integers(0, 10_000),
    st.integers(2, 40),
    st.sampled_from([1, 3, 50, 700]),
    st.floats(-6, 1),
    st.floats(-30, 30),
    st.sampled_from([np.float32, np.float64]),
)
def test_every_entry_lies_within_its_bounds(seed, n, d, kept, exponent, dtype):
    x = 10.0**exponent * gaussian(seed, n, d)
    y = (x + 10.0 ** (kept + exponent) * gaussian(seed + 1, n, d)).astype(dtype)
    x = x.astype(dtype)
    try:
        costs = BoundedCosts(x, y)
    except TooCoarse:
        return
    every = np.arange(n)
    most = costs.at_most(every[:, None], every[None], costs.held.numpy())
    assert (costs.held.numpy() <= exact(x, y)).all()
    assert (exact(x, y) <= most).all()
    columns = torch.arange(n).flip(0)
    right = exact(x, y)[every, columns.numpy()]
    np.testing.assert_allclose(costs.entries(columns), right, rtol=1e-12)


@awkward
@pytest.mark.parametrize("n", [3, 101])
def test_the_optimum_is_scipys(monkeypatch, name, n):
    monkeypatch.setattr(assignment, "LONG", 1)
    x, y = awkward_sets(n)[name]
    found = assignment.optimal_assignment(*tensors((x, y)))
    assert found.gap < 1e-13
    assert found.e_ot == pytest.approx(scipys(x, y), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_long_samples_are_paired_from_bounds(monkeypatch, dtype):
    x, y = (gaussian(seed, 520, 300).astype(dtype) for seed in (0, 1))
    made = []
    monkeypatch.setattr(
        assignment, "BoundedCosts", lambda *rest: made.append(BoundedCosts(*rest)) or made[0]
    )
    record = pairing_inefficiency(x, y)
    best = linear_sum_assignment(exact(x, y))[1]
    assert (record.assignment == best).all()
    assert record.solver == ("lapx" if lapx_installed() else "scipy")
    assert record.e_ot == pytest.approx(exact(x, y)[range(520), best].mean(), rel=1e-13)
    assert 0 <= record.gap < 1e-14
    assert 520 <= made[0]._exact.sum() < 8 * 520  # of 270,400


@pytest.mark.parametrize("noise", [1e-8, 1e-3, 0.3])
def test_copies_of_others_keep_their_digits(noise):
    """Optima far below the samples' size, which prices of that size would hide."""
    x = gaussian(0, 300, 300)
    order = np.random.default_rng(1).permutation(300)
    y = x[order] + noise * gaussian(2, 300, 300)
    found = pairing_inefficiency(x, y)
    assert (order[found.assignment] == np.arange(300)).all()
    assert 0 <= found.gap < 1e-13


@pytest.mark.parametrize("apart", [1e3, 1e6])
def test_two_far_clusters_keep_their_digits(apart):
    x, y = (gaussian(seed, 60, 300) for seed in (0, 1))
    far = apart * (np.arange(60) % 2)[:, None]
    found = pairing_inefficiency(x + far, y + far)
    assert found.e_ot == pytest.approx(scipys(x + far, y + far), rel=1e-12)


def test_the_last_block_of_rows_may_be_of_any_size():
    x, y = (gaussian(seed, 1_100, 256).astype(np.float32) for seed in (0, 1))  # 953 rows, then 147
    costs = BoundedCosts(x, y)
    truth = exact(x, y)
    assert (costs.held.numpy() <= truth).all()
    assert np.allclose(costs.held.numpy(), truth, rtol=1e-3)
