"""Prices under which rows want different columns: the optimum stays, whatever the prices are."""

import numpy as np
import pytest
import torch
from pairs import gaussian
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from dmdrepro.metrics.assignment import optimal_assignment
from dmdrepro.metrics.balanced import balanced_prices, shared_prices
from dmdrepro.metrics.costs import CACHED, ROOM, Costs, cheapest_few


def sets(n=200, d=4, spread=1.0):
    draw = np.random.default_rng(n + d)
    shape = draw.standard_normal((d, d))  # correlated, far apart, of unequal spreads
    return spread * draw.standard_normal((n, d)) @ shape + 5, draw.standard_normal((n, d))


def costs_of(x, y):
    return Costs.of_points(torch.from_numpy(x), torch.from_numpy(y), len(x))


def wanted(costs):
    return len(np.unique(costs.argmin(1)))


@pytest.mark.parametrize("spread", [1e-4, 0.02, 1.0, 1e6])
@pytest.mark.parametrize("d", [1, 4])
def test_they_have_the_same_optimum(d, spread):
    x, y = sets(d=d, spread=spread)
    found = linear_sum_assignment(costs_of(x, y).balanced())[1]
    assert np.array_equal(found, linear_sum_assignment(-(x - x.mean(0)) @ (y - y.mean(0)).T)[1])


@pytest.mark.parametrize("spread", [0.02, 1.0])
def test_rows_want_more_columns_under_each_of_them(spread):
    x, y = sets(1000, 2, spread=spread)
    plain = cdist(x, y, "sqeuclidean")
    first = plain + balanced_prices(x, y)
    near = cheapest_few(first, np.zeros(1000), 16)
    shared = first + shared_prices(near, np.take_along_axis(first, near, 1))
    assert wanted(plain) < wanted(first) < wanted(shared)
    assert wanted(costs_of(x, y).balanced()) == wanted(shared)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones((5, 2)), np.eye(5, 2)),  # does not vary
        (np.eye(5, 2) * 1e200, np.eye(5, 2)),  # overflows
    ],
)
def test_there_are_none_of_sets_without_a_covariance(x, y):
    assert balanced_prices(x, y) is None


def test_a_flat_set_has_them_too():
    x, y = sets()
    x[:, 2:] = 0
    found = linear_sum_assignment(costs_of(x, y).balanced())[1]
    assert np.array_equal(found, linear_sum_assignment(cdist(x, y, "sqeuclidean"))[1])


def test_what_they_spoil_is_solved_by_the_distances(monkeypatch):
    """Wrong prices, beside which costs have no digits, take time, never the optimum."""
    x, y = map(torch.from_numpy, sets())
    right = optimal_assignment(x, y, "scipy")
    wrong = 1e20 * np.random.default_rng(0).random(200)
    monkeypatch.setattr("dmdrepro.metrics.costs.balanced_prices", lambda *_: wrong)
    assert np.array_equal(optimal_assignment(x, y, "scipy").assignment, right.assignment)


def test_shared_prices_that_make_rows_want_the_same_column_are_refused(monkeypatch):
    x, y = sets()
    cheap = -1e3 * (np.arange(200) == 7)
    monkeypatch.setattr("dmdrepro.metrics.costs.shared_prices", lambda *_: cheap)
    costs, first = costs_of(x, y), balanced_prices(x, y)
    costs.balanced()
    np.testing.assert_array_equal(costs.start, first - first.mean())


def test_ties_have_no_shared_prices():
    near = np.tile(np.arange(3), (4, 1))
    assert not shared_prices(near, np.ones((4, 3))).any()


def test_optima_far_below_the_prices_are_not_proven_from_them():
    x = gaussian(0, 100, 3)
    costs = costs_of(x, x[::-1] + 1e-6 * gaussian(1, 100, 3))
    assert costs.balanced() is not None
    assert not costs.start.any()


def test_only_points_of_few_dimensions_have_room_for_them():
    assert Costs(torch.ones(3, 3, dtype=torch.float64)).balanced() is None
    assert costs_of(*sets(20, 30)).balanced() is None
    n = int((ROOM * CACHED) ** 0.5) + 1
    x = torch.zeros(n, 1, dtype=torch.float64)
    assert Costs.of_points(x, x, n).balanced() is None


@pytest.mark.parametrize("n", [2, 16, 17, 1000, 1025])
def test_the_cheapest_few_are_those_of_a_sort(n):
    costs, price = gaussian(n, 5, n), gaussian(n + 1, n, 1)[:, 0]
    costs[0] = np.abs(costs[0]) * 1e-24
    for p in (price, 0 * price):
        k = min(16, n)
        found = np.sort(cheapest_few(costs, p, k), 1)
        assert (found == np.sort((costs + p).argsort(1)[:, :k], 1)).all()
