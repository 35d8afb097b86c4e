"""The share of points whose optimal partner is not their own."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from pairs import gaussian, small_sets, solvers

from dmdrepro.metrics import pairing_inefficiency


@settings(max_examples=60, deadline=None)
@given(small_sets())
def test_it_is_counted_in_an_optimum_and_zero_where_the_own_pairing_is_one(sets):
    teacher, student = sets
    n = len(teacher)
    costs = {p: ((teacher - student[list(p)]) ** 2).sum(1).mean() for p in permutations(range(n))}
    least = min(costs.values())
    optima = [p for p, cost in costs.items() if cost <= least * (1 + 1e-12)]
    shares = {float((student[list(p)] != student).any(1).mean()) for p in optima}
    found = pairing_inefficiency(teacher, student).remapped
    assert found == 0 if 0.0 in shares else found in shares


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
