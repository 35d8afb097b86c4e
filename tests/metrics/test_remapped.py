"""The share of points whose optimal partner is not their own."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs import gaussian, small_sets, solvers

from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.metrics.moments import sqdists
from dmdrepro.metrics.remapped import remapped_share


@pytest.mark.parametrize("moved", [0, 2, 7, 40])
def test_a_copy_of_which_some_change_places(moved):
    teacher = gaussian(0, 40, 5)
    student = teacher.copy()
    student[:moved] = np.roll(teacher[:moved], 1, axis=0)
    assert pairing_inefficiency(teacher, student).remapped == moved / 40


def test_of_independent_samples_nearly_all():
    record = pairing_inefficiency(gaussian(0, 400, 4), gaussian(1, 400, 4))
    assert 0.97 < record.remapped <= 1


def test_a_translation_and_a_constant_student_remap_nothing():
    teacher = gaussian(0, 200, 4)
    assert pairing_inefficiency(teacher, teacher + 3.0).remapped == 0
    assert pairing_inefficiency(teacher, np.full_like(teacher, 1 / 3)).remapped == 0


@solvers
def test_students_that_coincide_do_not_move(solver):
    teacher = gaussian(0, 100, 4)
    teacher[:50] += 100
    student = teacher.copy()
    student[:50] = student[:50].mean(0)  # half has collapsed
    student[[98, 99]] = student[[99, 98]]
    assert pairing_inefficiency(teacher, student, solver).remapped == 0.02


@pytest.mark.parametrize("shift", [0.0, 1e3, 1e6])
def test_a_translation_hides_no_move(shift):
    teacher = gaussian(0, 100, 4)
    assert pairing_inefficiency(teacher, np.roll(teacher, 1, axis=0) + shift).remapped == 1


@pytest.mark.parametrize("small", [10.0**-k for k in range(1, 15)] + [1e-100])
@pytest.mark.parametrize("solver", ["auto", "scipy", "auction"])
def test_near_neighbours_that_change_places_have_moved(small, solver):
    teacher = np.array([[0.0], [small], [1.0], [2.0]])
    student = teacher[[1, 0, 2, 3]]
    assert pairing_inefficiency(teacher, student, solver).remapped == 0.5
    assert pairing_inefficiency(teacher, teacher, solver).remapped == 0


@pytest.mark.parametrize("small", [1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("dim", [1, 3])
def test_a_move_counts_though_other_rows_cost_so_much_that_the_sum_is_the_same(small, dim):
    teacher, student = np.zeros((4, dim)), np.zeros((4, dim))
    teacher[:, 0], student[:, 0] = [0, small, 1e3, 2e3], [small, 0, 1e3, 2e3]
    student[2:, -1] += 300
    record = pairing_inefficiency(teacher, student)
    assert list(record.assignment) == [1, 0, 2, 3]
    assert record.remapped == 0.5
    assert record.e_ot <= record.e_dt


@pytest.mark.parametrize("noise", [1e-2, 1e-5, 1e-9])
def test_near_copies_on_a_line_are_counted_as_sorting_counts_them(noise):
    teacher = gaussian(0, 3000, 1)
    student = teacher + noise * gaussian(1, 3000, 1)
    order = np.empty(3000, dtype=int)
    order[np.argsort(teacher[:, 0])] = np.argsort(student[:, 0])
    right = float((order != np.arange(3000)).mean())
    found = pairing_inefficiency(teacher, student, "scipy")
    assert (found.assignment == order).all()
    assert found.remapped == right
    if noise == 1e-5:
        assert 0.005 < right < 0.02


def optima(teacher, student):
    """(least cost, own cost, the share moved of each permutation of least cost), all exactly."""
    x, y = ([[Fraction(float(v)) for v in row] for row in rows] for rows in (teacher, student))
    n = len(x)
    cost = [
        [sum((a - b) ** 2 for a, b in zip(x[i], y[j], strict=True)) for j in range(n)]
        for i in range(n)
    ]
    sums = {p: sum(cost[i][j] for i, j in enumerate(p)) for p in permutations(range(n))}
    least = min(sums.values())
    best = [p for p, total in sums.items() if total == least]
    shares = {sum(y[j] != y[i] for i, j in enumerate(p)) / n for p in best}
    return least, sums[tuple(range(n))], shares


@settings(max_examples=150)
@given(small_sets(), st.integers(-60, 60))
def test_it_is_right_at_every_scale_of_the_samples(sets, power):
    """A power of two changes no digit: exact arithmetic has the last word, ties included."""
    teacher, student = (rows * 2.0**power for rows in sets)
    found = pairing_inefficiency(teacher, student).remapped
    least, own, shares = optima(teacher, student)
    assert found == 0 if own == least else found in shares


@settings(max_examples=80)
@given(small_sets(), st.sampled_from([0.1, 1e-3, 1 / 3, 7e5]), st.sampled_from([0.0, 0.3, 1e3]))
def test_ties_of_decimal_fractions_are_ties(sets, scale, shift):
    """0.1 and its multiples are rounded: what is a tie of whole numbers stays one."""
    teacher, student = sets
    least, own, _ = optima(teacher, student)
    found = pairing_inefficiency(scale * teacher + shift, scale * student + shift).remapped
    assert found == 0 if own == least else found > 0


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 40)), min_size=2, max_size=6), st.data()
)
def test_moves_beside_far_larger_distances_are_seen(points, data):
    """Points at scales from 1 to 2^-40, of which two sets share some: each scale by itself."""
    teacher = np.array([[float(a) + 2.0**-b] for a, b in points])
    order = data.draw(st.permutations(range(len(points))))
    student = teacher[order]
    found = pairing_inefficiency(teacher, student)
    least, own, shares = optima(teacher, student)
    assert found.remapped == 0 if own == least else found.remapped in shares


def test_a_grid_turned_by_a_right_angle_is_all_ties():
    x = 0.1 * np.indices((8, 8)).reshape(2, -1).T
    record = pairing_inefficiency(x, np.stack([-x[:, 1], x[:, 0]], axis=1))
    assert record.remapped == 0 or record.delta_e > 1e-12


def test_a_tied_move_beside_a_real_one_does_not_count():
    """Two on a line change places; elsewhere four points at a square's corners may do either."""
    square = np.array([[10.0, 0], [10, 2], [11, 1], [9, 1]])
    teacher = np.concatenate([[[0.0, 0], [0, 1]], square[:2]])
    student = np.concatenate([[[0.0, 1], [0, 0]], square[2:]])
    for columns in ([1, 0, 3, 2], [1, 0, 2, 3]):
        energies = sqdists(teacher, student), sqdists(teacher, student[columns])
        sets = map(torch.from_numpy, (teacher, student))
        assert remapped_share(*sets, np.array(columns), *energies) == 0.5
