"""The proof of optimality: what it accepts, what it refuses, what its number is."""

from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pairs import awkward, awkward_sets, gaussian, tensors
from scipy.optimize import linear_sum_assignment

from dmdrepro.kernels import pairwise_sqdist
from dmdrepro.metrics.certificate import TOLERANCE, certify
from dmdrepro.metrics.potentials import find_potentials


def sqdist(x, y):
    return pairwise_sqdist(*tensors((x, y)))


def optimal(cost):
    return torch.from_numpy(linear_sum_assignment(cost.numpy())[1])


@pytest.mark.parametrize("n", [2, 3, 100])
@awkward
def test_scipys_optimum_is_proven_to_rounding(name, n):
    cost = sqdist(*awkward_sets(n)[name])
    found = certify(cost, optimal(cost), "scipy")
    assert 0 <= found.gap < 1e-13
    # The potentials are feasible, and sum to the cost: the textbook's proof, written out.
    reduced = cost - found.least[:, None] + found.price
    assert float(reduced.min()) >= -1e-12 * float(cost.max())


@pytest.mark.parametrize("n", [3, 200])
def test_sorted_sets_on_a_line_are_optimal(n):
    x, y = (np.sort(gaussian(s, n, 1), axis=0) for s in (0, 1))
    assert certify(sqdist(x, y), torch.arange(n), "order").gap < 1e-13


def test_the_evenly_turned_circle_is_optimal():
    # Points of two concentric circles at equal angles: no re-pairing is nearer.
    angle = 2 * np.pi * np.arange(600) / 600
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    assert certify(sqdist(circle, 0.5 * circle), torch.arange(600), "angle").gap == 0.0
    with pytest.raises(ValueError, match="not optimal: re-pairing 600 of its 600 rows"):
        certify(sqdist(circle, 0.5 * circle), torch.arange(600).roll(1), "one step off")


@pytest.mark.parametrize("scale", [1e-100, 1e-3, 1e100])
def test_the_gap_does_not_depend_on_the_unit(scale):
    cost = sqdist(gaussian(0, 70, 3), gaussian(1, 70, 3))
    columns = optimal(cost)
    assert certify(scale * cost, columns, "scipy").gap < 1e-14
    columns[[4, 9]] = columns[[9, 4]]
    with pytest.raises(ValueError, match="'scipy' is not optimal"):
        certify(scale * cost, columns, "scipy")


@pytest.mark.parametrize("n", [2, 5, 64, 257])
def test_two_swapped_rows_are_refused_by_name(n):
    cost = sqdist(gaussian(0, n, 4), gaussian(1, n, 4))
    columns = optimal(cost)
    for i, j in [(0, n - 1), (n // 2, 0)]:
        swapped = columns.clone()
        swapped[[i, j]] = columns[[j, i]]
        with pytest.raises(ValueError, match=r"solver 'mine' is not optimal: re-pairing \d+ of"):
            certify(cost, swapped, "mine")


def test_two_swapped_near_copies_are_refused_beside_costs_of_any_size():
    # Their difference is 1e-24 of the other costs, and the whole of E_OT.
    x = gaussian(0, 40, 5)
    x[1] = x[0] + 1e-10
    cost = sqdist(x, x + 1e-12 * gaussian(1, 40, 5))
    certify(cost, torch.arange(40), "identity")
    swapped = torch.arange(40)
    swapped[:2] = torch.tensor([1, 0])
    with pytest.raises(ValueError, match="not optimal: re-pairing 2 of its 40 rows"):
        certify(cost, swapped, "swapped")


def test_a_difference_below_the_tolerance_is_its_gap():
    cost = torch.tensor([[1.0, 2.0], [3.0, 4.0 + 1e-12]], dtype=torch.float64)
    found = certify(cost, torch.tensor([0, 1]), "scipy")
    assert found.gap == pytest.approx(1e-12 / 5, rel=1e-3)
    assert found.gap_of(cost, torch.tensor([1, 0]), "scipy") < 1e-15
    cost[1, 1] += 1e-8
    with pytest.raises(ValueError, match="not optimal"):
        certify(cost, torch.tensor([0, 1]), "scipy")
    with pytest.raises(ValueError, match=f"not proven optimal.*is above {TOLERANCE:g}"):
        certify(cost, torch.tensor([1, 0]), "scipy").gap_of(cost, torch.tensor([0, 1]), "given")


def whole_costs():
    shape = st.integers(1, 6).map(lambda n: (n, n))
    return shape.flatmap(lambda s: arrays(np.float64, s, elements=st.integers(0, 6).map(float)))


@given(whole_costs(), st.randoms(use_true_random=False))
def test_a_permutation_is_proven_exactly_if_it_is_the_best_of_all(cost, random):
    n = len(cost)
    columns = list(range(n))
    random.shuffle(columns)
    total = cost[range(n), columns].sum()
    best = min(cost[range(n), p].sum() for p in permutations(range(n)))
    if total == best:
        assert certify(torch.from_numpy(cost), torch.tensor(columns), "shuffle").gap == 0.0
    else:
        with pytest.raises(ValueError, match="not optimal"):
            certify(torch.from_numpy(cost), torch.tensor(columns), "shuffle")


def test_cycles_found_make_the_permutation_cheaper():
    cost = sqdist(gaussian(2, 150, 3), gaussian(3, 150, 3))
    columns, rows = torch.arange(150), torch.arange(150)
    while (cycles := find_potentials(cost, columns).cycles) is not None:
        assert sorted(cycles.tolist()) == list(range(150))
        assert cost[rows, cycles].sum() < cost[rows, columns].sum()
        columns = cycles
    assert torch.equal(columns, optimal(cost))


@pytest.mark.parametrize(
    "columns", [[0, 0, 1], [0, 1, 3], [-1, 0, 1]], ids=["twice", "too large", "negative"]
)
def test_what_is_no_permutation_is_refused(columns):
    with pytest.raises(ValueError, match="'mine' returned an assignment that is not a permutation"):
        certify(torch.zeros(3, 3).double(), torch.tensor(columns), "mine")


@pytest.mark.parametrize(
    ("cost", "columns"),
    [(torch.zeros(3, 4).double(), 3), (torch.zeros(3, 3), 3), (torch.zeros(3, 3).double(), 2)],
)
def test_wrong_shapes_and_types_are_refused(cost, columns):
    with pytest.raises(ValueError, match="needs float64 costs"):
        certify(cost, torch.arange(columns), "scipy")
