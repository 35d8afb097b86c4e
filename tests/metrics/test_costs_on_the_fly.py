"""Costs made when needed are the costs in memory, to the last bit, and so is all that follows."""

import numpy as np
import pytest
import torch
from pairs import awkward, awkward_sets, gaussian, tensors
from scipy.optimize import linear_sum_assignment

from dmdrepro.metrics import bids, costs, pairing_inefficiency
from dmdrepro.metrics.assignment import optimal_assignment
from dmdrepro.metrics.bids import Shortlists
from dmdrepro.metrics.certificate import certify
from dmdrepro.metrics.costs import Costs
from dmdrepro.metrics.memory_plan import least_memory, plan_costs

CPU = torch.device("cpu")


def memory_for(n, d, rows):
    return least_memory(n, d) + 8 * n * rows


@pytest.fixture
def small_steps(monkeypatch):
    """Rows in many small steps, lists much shorter than a row."""
    monkeypatch.setattr(costs, "CACHED", 150)
    monkeypatch.setattr(costs, "PRODUCT", 150)
    monkeypatch.setattr(costs, "LEAST_ROWS", 7)
    monkeypatch.setattr(bids, "LENGTH", 6)
    monkeypatch.setattr(bids, "LEAST", 3)
    monkeypatch.setattr(bids, "MOST", 20)
    monkeypatch.setattr(bids, "SAMPLE", 16)


@pytest.mark.parametrize("d", [1, 3, 16, 17, 300])
@pytest.mark.parametrize("n", [2, 7, 65, 150])
def test_rows_that_are_made_have_the_bits_of_those_held(small_steps, n, d):
    x, y = tensors((gaussian(0, n, d), gaussian(1, n, d)))
    held = Costs.of_points(x, y, n)
    for rows in (0, n // 3, n - 1):
        made = Costs.of_points(x, y, rows)
        assert len(made.held) <= rows
        assert torch.equal(torch.cat([block for _, block in made.blocks()]), held.held)
        for row in (0, n // 2, n - 1):
            part, block = made.around(row)
            assert row in range(part.start, part.stop)
            assert torch.equal(block, held.held[part])
        columns = torch.arange(n).flip(0)
        assert torch.equal(made.entries(columns), held.held.gather(1, columns[:, None])[:, 0])
        facts = ("mean", "mean_cheapest", "largest")
        assert [getattr(made, f) for f in facts] == [getattr(held, f) for f in facts]
        assert torch.equal(made.nearest, held.nearest)


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("n", [2, 61])
@awkward
def test_without_the_matrix_the_result_is_the_same_to_the_last_bit(small_steps, name, n, share):
    x, y = tensors(awkward_sets(n)[name])
    expected = optimal_assignment(x, y, "auction")
    said = []
    limit = memory_for(n, x.shape[1], int(share * n))
    found = optimal_assignment(x, y, "auction", memory=limit, say=said.append)
    assert len(said) == 1
    assert "made again whenever they are needed" in said[0]
    assert found.solver == "auction"
    assert (found.assignment == expected.assignment).all()
    assert (found.e_ot, found.gap, found.passes) == (expected.e_ot, expected.gap, expected.passes)


@pytest.mark.parametrize(("n", "d"), [(1100, 4), (1100, 40)])
def test_without_the_matrix_the_optimum_is_scipys(n, d):
    """At the sizes of the program itself, where lists are shorter than a row."""
    x, y = tensors((gaussian(0, n, d), gaussian(1, n, d)))
    found = optimal_assignment(x, y, memory=least_memory(n, d))
    best = linear_sum_assignment(Costs.of_points(x, y, n).held.numpy())[1]
    assert (found.assignment == best).all()
    assert found.gap < 1e-13


@awkward
def test_a_short_list_names_the_two_cheapest_of_the_whole_row(small_steps, name):
    x, y = tensors(awkward_sets(80)[name])
    held = Costs.of_points(x, y, 80)
    price, rng = np.zeros(80), np.random.default_rng(0)
    lists = Shortlists(Costs.of_points(x, y, 0), price)
    for _ in range(1500):
        row = int(rng.integers(80))
        total = held.held[row].numpy() + price
        column, first, second = lists.cheapest_two(row)
        assert column == total.argmin()
        assert [first, second] == np.sort(total)[:2].tolist()
        price[column] += rng.choice([0.0, 1e-13, 0.01, 1.0])


def test_a_pairing_that_is_not_optimal_is_refused_without_the_matrix_too(small_steps):
    x, y = tensors((gaussian(0, 90, 3), gaussian(1, 90, 3)))
    made = Costs.of_points(x, y, 0)
    columns = torch.from_numpy(optimal_assignment(x, y).assignment.copy())
    assert certify(made, columns, "mine").gap < 1e-13
    columns[[4, 70]] = columns[[70, 4]]
    with pytest.raises(ValueError, match="'mine' is not optimal: re-pairing"):
        certify(made, columns, "mine")


def test_overflow_is_refused_where_no_row_is_held():
    x = torch.full((50, 3), 1e200, dtype=torch.float64)
    with pytest.raises(ValueError, match="overflow float64; scale both sets down"):
        optimal_assignment(x, -x, memory=least_memory(50, 3))


@pytest.mark.parametrize("solver", ["scipy", "lapx"])
def test_a_solver_that_needs_the_matrix_says_so(solver):
    x = torch.zeros(50, 1)
    with pytest.raises(ValueError, match=r"50 x 50 squared distances needs.*use solver 'auction'"):
        pairing_inefficiency(x, x, solver, memory=least_memory(50, 1))


def test_less_memory_than_the_least_is_refused_before_the_work():
    x = torch.zeros(50, 1)
    with pytest.raises(ValueError, match="pairing of 50 samples, without their matrix, needs"):
        pairing_inefficiency(x, x, memory=least_memory(50, 1) - 1)


def test_what_is_said_is_what_is_done():
    n, d = 50_000, 4
    tight = plan_costs(n, d, CPU, memory=memory_for(n, d, 10_000))
    assert (tight.whole, tight.rows) == (False, 10_000)
    assert tight.needed <= tight.available
    assert "50,000 x 50,000 squared distances would be 18.6 GiB: 10,000 rows" in tight.sentence()
    ample = plan_costs(n, d, CPU, memory=memory_for(n, d, n))
    assert ample.whole
    assert "All 50,000 x 50,000 squared distances are held: " in ample.sentence()
