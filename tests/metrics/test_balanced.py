"""Balanced costs have the optimum of the squared distances, and are only taken if they have."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from dmdrepro.metrics.assignment import optimal_assignment
from dmdrepro.metrics.balanced import balanced_costs
from dmdrepro.metrics.costs import ROOM, Costs


def sets(n=200, d=4, spread=1.0):
    draw = np.random.default_rng(n + d)
    shape = draw.standard_normal((d, d))  # correlated, far apart, of unequal spreads
    return spread * draw.standard_normal((n, d)) @ shape + 5, draw.standard_normal((n, d))


@pytest.mark.parametrize("spread", [1e-8, 0.02, 1.0, 1e6])
@pytest.mark.parametrize("d", [1, 4])
def test_they_have_the_same_optimum(d, spread):
    x, y = sets(d=d, spread=spread)
    found = linear_sum_assignment(balanced_costs(x, y))[1]
    assert np.array_equal(found, linear_sum_assignment(-(x - x.mean(0)) @ (y - y.mean(0)).T)[1])


def test_rows_and_columns_alone_differ_from_squared_distances():
    x, y = sets(30)
    moved = balanced_costs(x, y) - cdist(x, y, "sqeuclidean")
    moved -= moved.mean(0)
    assert np.abs(moved - moved.mean(1, keepdims=True)).max() < 1e-9


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones((5, 2)), np.eye(5, 2)),  # does not vary
        (np.eye(5, 2) * 1e200, np.eye(5, 2)),  # overflows
    ],
)
def test_there_are_none_of_sets_without_a_covariance(x, y):
    assert balanced_costs(x, y) is None


def test_a_flat_set_has_them_too():
    x, y = sets()
    x[:, 2:] = 0
    found = linear_sum_assignment(balanced_costs(x, y))[1]
    best = linear_sum_assignment(cdist(x, y, "sqeuclidean"))[1]
    assert np.array_equal(found, best)


def test_what_they_spoil_is_solved_by_the_distances(monkeypatch):
    """A wrong balance costs time, never the optimum."""
    x, y = map(torch.from_numpy, sets())
    right = optimal_assignment(x, y, "scipy")
    wrong = np.random.default_rng(0).random((200, 200))
    monkeypatch.setattr("dmdrepro.metrics.costs.balanced_costs", lambda *_: wrong)
    assert np.array_equal(optimal_assignment(x, y, "scipy").assignment, right.assignment)


def test_only_points_of_few_dimensions_have_room_for_them():
    assert Costs(torch.ones(3, 3, dtype=torch.float64)).balanced() is None
    assert Costs.of_points(*map(torch.from_numpy, sets(20, 30)), 20).balanced() is None
    n = int(ROOM**0.5) + 1
    x = torch.zeros(n, 1, dtype=torch.float64)
    assert Costs.of_points(x, x, n).balanced() is None
