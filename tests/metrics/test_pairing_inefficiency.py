"""Identities of Delta_E and of what stands beside it (appendix C)."""

import json
import math
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from pairs import gaussian, small_sets

from dmdrepro.metrics import pairing_inefficiency

NUMBERS = (
    *("delta_e", "e_dt", "e_ot", "e_ind", "retention", "delta_e_null", "concordance"),
    *("remapped", "n", "gap", "solver", "null", "e_ot_within", "company", "warnings"),
)


@given(small_sets())
def test_the_optimum_is_the_best_of_all_permutations(sets):
    teacher, student = sets
    record = pairing_inefficiency(teacher, student)
    costs = [
        ((teacher - student[list(p)]) ** 2).sum(1).mean() for p in permutations(range(len(teacher)))
    ]
    assert record.e_ot == pytest.approx(min(costs), rel=1e-14)
    # A random re-pairing costs E_ind on average, over all of them exactly.
    assert record.e_ind == pytest.approx(np.mean(costs), rel=1e-12, abs=1e-12)
    assert sorted(record.assignment) == list(range(len(teacher)))
    cost = ((teacher - student[record.assignment]) ** 2).sum(1).mean()
    assert cost == pytest.approx(record.e_ot, rel=1e-14)


@given(small_sets())
def test_every_share_is_its_definition_and_within_its_bounds(sets):
    x, y = sets
    r = pairing_inefficiency(x, y)
    assert r.delta_e >= 0
    assert r.e_ot <= r.e_dt
    if r.e_ind - r.e_ot < 1e-9:
        assert math.isnan(r.retention)
    else:
        expected = (r.e_ind - r.e_dt) / (r.e_ind - r.e_ot)
        assert r.retention == pytest.approx(expected, abs=1e-9)
        assert r.retention <= 1 + 1e-12
    # Concordance: over all pairs of different noise.
    others = [((x[i] - y[j]) ** 2).sum() for i in range(len(x)) for j in range(len(x)) if i != j]
    if np.mean(others) == 0:
        assert math.isnan(r.concordance)
    else:
        assert r.concordance == pytest.approx(1 - r.e_dt / np.mean(others), abs=1e-9)


def test_the_optimal_pairing_retains_everything():
    teacher, student = gaussian(3, 80, 6), gaussian(4, 80, 6)
    first = pairing_inefficiency(teacher, student)
    record = pairing_inefficiency(teacher, student[first.assignment])
    assert record.delta_e == 0.0
    assert record.retention == pytest.approx(1, abs=1e-12)
    assert (record.assignment == np.arange(80)).all()


def test_an_independent_pairing_retains_nothing_and_meets_the_null():
    records = [
        pairing_inefficiency(gaussian(seed, 500, 4), gaussian(1000 + seed, 500, 4))
        for seed in range(5)
    ]
    assert np.mean([r.retention for r in records]) == pytest.approx(0, abs=0.05)
    for r in records:
        assert r.delta_e == pytest.approx(r.delta_e_null, rel=0.15)
        assert r.e_ind == pytest.approx(8, rel=0.1)  # E|x - y|^2 = 2 D for unit Gaussians


def test_a_copy_has_delta_e_zero():
    teacher = gaussian(6, 40, 3)
    record = pairing_inefficiency(teacher, teacher)
    assert (record.delta_e, record.e_dt, record.e_ot) == (0.0, 0.0, 0.0)
    assert record.retention == 1.0


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1e5])
def test_a_constant_student_has_delta_e_zero_and_no_retention(value):
    student = np.full((50, 4), value)
    for more in ({}, {"classes": np.arange(50) % 5}, {"independent": student}):
        record = pairing_inefficiency(gaussian(7, 50, 4), student, **more)
        assert (record.delta_e, record.delta_e_null) == (0.0, 0.0)
        assert math.isnan(record.retention)


def test_near_copies_keep_their_digits_where_the_gram_form_loses_them_all():
    # Pixels near 1 and a pairing off by one: |x - y|^2 of 1e-10 beside |x|^2 of 784.
    rng = np.random.default_rng(8)
    teacher = (1 + 1e-3 * rng.standard_normal((30, 784))).astype(np.float32)
    step = np.float32(2**-21)
    student = np.roll(teacher, 1, axis=0) + step
    record = pairing_inefficiency(teacher, student)
    exact = ((np.roll(teacher, 1, axis=0).astype(np.float64) - student) ** 2).sum(1).mean()
    assert record.e_ot == pytest.approx(exact, rel=1e-12)
    assert (record.assignment == (np.arange(30) + 1) % 30).all()
    x, y = torch.from_numpy(np.roll(teacher, 1, axis=0)), torch.from_numpy(student)
    gram = (x * x).sum(1) + (y * y).sum(1) - 2 * (x * y).sum(1)
    assert abs(gram.double().mean().item() - exact) > 0.5 * exact


@pytest.mark.parametrize("n", [120, 700])
def test_pot_with_a_raised_iteration_cap_agrees(n):
    import ot

    teacher, student = gaussian(9, n, 4), gaussian(10, n, 4)
    weights = np.full(n, 1 / n)
    cost = ((teacher[:, None] - student[None]) ** 2).sum(-1)
    expected = ot.emd2(weights, weights, cost, numItermax=10_000_000)
    assert pairing_inefficiency(teacher, student).e_ot == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_torch_and_numpy_give_the_same_record(dtype):
    teacher, student = (torch.from_numpy(gaussian(s, 20, 2, 3)).to(dtype) for s in (12, 13))
    record = pairing_inefficiency(
        teacher.requires_grad_(), student[:, :, [0, 2, 1]][..., [0, 2, 1]]
    )
    expected = pairing_inefficiency(*(t.detach().double().numpy() for t in (teacher, student)))
    assert record == expected
    assert (record.assignment == expected.assignment).all()


def test_the_json_is_strict_and_without_the_assignment():
    teacher = gaussian(16, 8, 2)
    for student in (teacher[::-1], np.zeros((8, 2)), gaussian(17, 8, 2)):
        facts = pairing_inefficiency(teacher, student).to_json()
        assert json.loads(json.dumps(facts, allow_nan=False)) == facts
        assert tuple(facts) == NUMBERS
    assert pairing_inefficiency(teacher, teacher[::-1]).to_json()["delta_e"] == "inf"


@pytest.mark.parametrize(
    ("teacher", "student", "message"),
    [
        (np.zeros((5, 2)), np.zeros((6, 2)), r"differ in shape.*\(5, 2\).*\(6, 2\)"),
        (np.zeros((5, 2, 3)), np.zeros((5, 6)), "differ in shape"),
        (np.zeros((1, 2)), np.zeros((1, 2)), "at least 2"),
        (np.zeros(()), np.zeros(()), "at least 2"),
        (np.zeros((3, 0)), np.zeros((3, 0)), "empty"),
        (np.zeros((3, 2)), np.array([[0, 0], [0, np.nan], [0, 0]]), "student.*sample 1"),
        (np.array([[0, 0], [0, 0], [0, np.inf]]), np.zeros((3, 2)), "teacher.*sample 2"),
        (np.full((2, 2), 1e200), np.full((2, 2), -1e200), "overflow"),
    ],
)
def test_what_cannot_be_measured_is_refused(teacher, student, message):
    with pytest.raises(ValueError, match=message):
        pairing_inefficiency(teacher, student)


@pytest.mark.parametrize("dim", [1, 2, 16, 200])
@pytest.mark.parametrize("kept", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("n", [10, 250])
def test_concordance_is_the_correlation_at_any_n_and_dimension(dim, kept, n):
    # Unit Gaussians with correlation `kept`: E_DT = 2 D (1 - kept), E_ind = 2 D.
    found = []
    for seed in range(2000 // n):
        teacher, other = gaussian(seed, n, dim), gaussian(10_000 + seed, n, dim)
        student = kept * teacher + math.sqrt(1 - kept**2) * other
        found.append(pairing_inefficiency(teacher, student).concordance)
    assert np.mean(found) == pytest.approx(kept, abs=0.06)
