"""Where one coordinate alone matters the optimal pairing is the sorted one."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pairs import gaussian, scipys, solvers, tensors

from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.metrics.assignment import optimal_assignment
from dmdrepro.metrics.on_a_line import in_order

SHAPES = {
    "independent": (gaussian(0, 300, 1), gaussian(1, 300, 1)),
    "flat": (gaussian(0, 300), gaussian(1, 300)),
    "one pixel": (gaussian(0, 300, 1, 1, 1), gaussian(1, 300, 1, 1, 1)),
    "near-copies": (gaussian(0, 300, 1), gaussian(0, 300, 1) + 1e-5 * gaussian(1, 300, 1)),
    "ties": (np.round(2 * gaussian(0, 300, 1)), np.round(2 * gaussian(1, 300, 1))),
    "far apart": (gaussian(0, 300, 1), 0.3 * gaussian(1, 300, 1) + 50),
    "the others constant": (
        np.insert(gaussian(0, 300, 1), [0, 1, 1], [1.0, 2.0, 3.0], axis=1),
        np.insert(gaussian(1, 300, 1), [0, 1, 1], [0.0, 2.0, -3.0], axis=1),
    ),
    "the others constant in one set": (
        np.c_[gaussian(0, 300, 1), gaussian(2, 300, 1)],
        np.c_[gaussian(1, 300, 1), np.full((300, 1), 0.25)],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_it_is_scipys_optimum(name):
    teacher, student = SHAPES[name]
    record = pairing_inefficiency(teacher, student)
    assert (record.solver, record.to_json()["solver"]) == ("sorting", "sorting")
    assert record.gap == 0
    assert sorted(record.assignment) == list(range(300))
    assert record.e_ot == pytest.approx(scipys(teacher, student), rel=1e-12)


@solvers
def test_a_solver_that_is_named_runs_and_its_record_says_so(solver):
    record = pairing_inefficiency(*SHAPES["independent"], solver)
    assert record.solver == record.to_json()["solver"] == solver
    assert 0 <= record.gap == record.to_json()["gap"] < 1e-14
    in_order = pairing_inefficiency(*SHAPES["independent"])
    assert (record.assignment == in_order.assignment).all()
    assert record.e_ot == pytest.approx(in_order.e_ot, rel=1e-12)


def test_two_coordinates_that_matter_are_not_sorted():
    for x in (gaussian(0, 40, 2), np.c_[gaussian(0, 40, 1), 1e-9 * gaussian(1, 40, 1)]):
        record = pairing_inefficiency(x, x[::-1].copy() + gaussian(2, 40, 2))
        assert record.solver != "sorting"


def test_a_hundred_thousand_points_need_no_distances():
    said = []
    x, y = tensors(gaussian(s, 100_000, 1) for s in (0, 1))
    found = optimal_assignment(x, y, memory=1, say=said.append)
    assert 0 < found.e_ot < 1e-3
    assert len(said) == 1
    assert "sorted" in said[0]


def columns():
    return st.integers(2, 6).flatmap(
        lambda n: st.tuples(
            *[arrays(np.float64, (n, 1), elements=st.integers(-4, 4).map(float))] * 2
        )
    )


@given(columns())
def test_it_is_the_best_of_all_pairings_and_order_is_what_is_optimal(sets):
    teacher, student = sets
    n = len(teacher)
    best = min(((teacher - student[list(p)]) ** 2).mean() for p in permutations(range(n)))
    found = optimal_assignment(*tensors(sets))
    assert found.e_ot == best
    if len(set(teacher[:, 0])) > 1 < len(set(student[:, 0])):
        own = ((teacher - student) ** 2).mean()
        assert in_order(*tensors(sets)) == (own == best)
