"""The null of class-conditional sets: known answers, closed forms and identities."""

import math
import time
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pairs import half_kept

from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.metrics.classes import as_classes
from dmdrepro.metrics.null import null_within_classes

ALL = np.zeros(40, dtype=int)


def mixture(rng, labels, means, sd, kept=0.0):
    """Teacher, student and a second draw of a Gaussian mixture; `kept`: of the shared noise."""
    z, e, other = rng.standard_normal((3, len(labels), means.shape[1]))
    spread = np.asarray(sd)[labels][:, None]
    x = means[labels] + spread * z
    y = means[labels] + spread * (kept * z + math.sqrt(1 - kept**2) * e)
    return x, y, means[labels] + spread * other


def by_hand(x, y, labels):
    """(E_ind, E_DT of the rows that have company) pair by pair."""
    cost = ((x[:, None] - y[None]) ** 2).sum(-1)
    e_ind, e_dt = [], []
    for i in range(len(x)):
        others = [j for j in range(len(x)) if j != i and labels[j] == labels[i]]
        if others:
            e_ind.append(cost[i, others].mean())
            e_dt.append(cost[i, i])
    return np.mean(e_ind), np.mean(e_dt)


NUMBERS = (
    "delta_e", "e_dt", "e_ot", "e_ind", "retention", "delta_e_null", "concordance", "remapped",
)  # fmt: skip
# As the program gave them before there were classes.
BEFORE = {
    (0, 40, 3, 0.5, np.float64): (
        2.434157440027, 3.3533214405611, 0.97646118418342, 5.6496381180657,
        0.49138235294613, 4.7858296976651, 0.41257583469994, 0.825,
    ),
    (2, 30, 2, 0.0, np.float32): (
        9.861738789166, 4.5089671788737, 0.41512388268544, 3.8042005621993,
        -0.20795239627787, 8.1640127703323, -0.19288056520935, 0.96666666666667,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BEFORE))
def test_without_classes_the_numbers_are_as_before(case):
    found = pairing_inefficiency(*half_kept(*case)).to_json()
    assert [found[name] for name in NUMBERS] == pytest.approx(list(BEFORE[case]), rel=1e-12)
    assert (found["null"], found["e_ot_within"], found["warnings"]) == ("all", None, [])


def test_the_energies_of_the_paper_do_not_depend_on_the_null():
    x, y = half_kept(3, 60, 5, 0.4, np.float32)
    plain = pairing_inefficiency(x, y)
    for more in ({"classes": np.arange(60) % 4}, {"independent": half_kept(4, 60, 5, 0.0)[1]}):
        found = pairing_inefficiency(x, y, **more)
        for name in ("delta_e", "e_dt", "e_ot", "remapped", "n", "gap", "solver"):
            assert getattr(found, name) == getattr(plain, name), name
        assert (found.assignment == plain.assignment).all()


@given(st.integers(0, 10_000), st.integers(4, 14), st.integers(1, 4))
def test_the_null_is_the_mean_over_rows_of_the_mean_over_others_of_the_class(seed, n, count):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, n, 3))
    labels = rng.integers(0, count, n) * 7 - 3
    found = pairing_inefficiency(x, y, classes=labels)
    counts = np.bincount(labels + 3)[labels + 3]
    assert found.company == (counts > 1).sum()
    if 2 * found.company < n:
        assert math.isnan(found.e_ind)
        return
    e_ind, e_dt = by_hand(x, y, labels)
    assert found.e_ind == pytest.approx(e_ind, rel=1e-12)
    assert found.concordance == pytest.approx(1 - e_dt / e_ind, abs=1e-12)
    if (counts > 1).all():
        assert found.delta_e_null == pytest.approx(e_ind / found.e_ot - 1, rel=1e-10)
    # Two classes of two: the only other pairing may be the optimum, and retention is nan.
    if (counts > 1).all() and e_ind > found.e_ot * (1 + 1e-9):
        expected = (e_ind - found.e_dt) / (e_ind - found.e_ot)
        assert found.retention == pytest.approx(expected, rel=1e-10, abs=1e-10)
        assert found.retention <= 1 + 1e-12


@given(st.integers(0, 10_000))
def test_the_optimum_within_classes_is_the_best_permutation_that_keeps_them(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, 6, 2))
    labels = rng.integers(0, 3, 6)
    found = pairing_inefficiency(x, y, classes=labels)
    kept = [p for p in permutations(range(6)) if (labels[list(p)] == labels).all()]
    best = min(((x - y[list(p)]) ** 2).sum(1).mean() for p in kept)
    assert found.e_ot_within == pytest.approx(best, rel=1e-12)
    assert found.e_ot <= found.e_ot_within <= found.e_dt


def test_equal_classes_give_the_old_concordance_and_the_old_e_ind_without_own_pairs():
    x, y = half_kept(0, 40, 3, 0.5)
    old, new = pairing_inefficiency(x, y), pairing_inefficiency(x, y, classes=ALL)
    assert new.null == "class"
    assert new.concordance == pytest.approx(old.concordance, rel=1e-13)
    assert new.e_ind == pytest.approx((40 * old.e_ind - old.e_dt) / 39, rel=1e-13)
    assert new.e_ot_within == old.e_ot
    assert new.warnings == ()


def test_labels_shared_and_noise_independent_is_zero_where_all_pairs_are_not():
    means = 2.0 * np.random.default_rng(0).standard_normal((10, 8))
    plain, of_class, second = [], [], []
    for seed in range(12):
        rng = np.random.default_rng(100 + seed)
        labels = rng.integers(0, 10, 250)
        x, y, other = mixture(rng, labels, means, [1.0] * 10)
        plain.append(pairing_inefficiency(x, y))
        of_class.append(pairing_inefficiency(x, y, classes=labels))
        second.append(pairing_inefficiency(x, y, classes=labels, independent=other))
    assert {r.null for r in second} == {"second draw"}
    assert all(r.e_ot_within is not None for r in second)
    for found in (of_class, second):
        for name in ("retention", "concordance"):
            values = np.array([getattr(r, name) for r in found])
            error = values.std(ddof=1) / math.sqrt(len(values))
            assert abs(values.mean()) <= 4.5 * error, name
            assert error < 0.03
    assert min(r.concordance for r in plain) > 0.5  # the share of the variance between classes
    assert min(r.retention for r in plain) > 0.5


@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_unequal_classes_of_unequal_spread_count_by_their_rows(kept):
    """A mean over pairs would give the small wide class a hundredth, and a concordance of -4."""
    labels = np.repeat([0, 1], [900, 100])
    means = np.zeros((2, 4))
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        x, y, _ = mixture(rng, labels, means, [0.1, 3.0], kept)
        found.append(pairing_inefficiency(x, y, classes=labels))
    values = np.array([r.concordance for r in found])
    assert abs(values.mean() - kept) <= 4.5 * values.std(ddof=1) / math.sqrt(6)
    assert np.mean([r.e_ind for r in found]) == pytest.approx(2 * 4 * (0.9 * 0.01 + 0.9), rel=0.1)


@pytest.mark.parametrize("seed", range(12))
def test_a_perfect_copy_is_one_to_the_last_bit_far_from_the_origin_too(seed):
    rng = np.random.default_rng(seed)
    x = 10.0 ** rng.integers(-3, 4) * rng.standard_normal((31, 5)) + 10.0 ** rng.integers(0, 6)
    classes, other = {"classes": np.arange(31) % 3}, {"independent": rng.permutation(x)}
    for null in (classes, other, classes | other):
        found = pairing_inefficiency(x, x, **null)
        assert (found.retention, found.concordance) == (1.0, 1.0)
        assert found.delta_e_null == math.inf
        assert found.e_ot_within == (0.0 if "classes" in null else None)


def test_a_second_draw_needs_no_second_sample_of_a_class():
    rng = np.random.default_rng(2)
    labels = np.arange(1000)
    means = 3.0 * rng.standard_normal((1000, 5))
    x, y, other = mixture(rng, labels, means, [0.5] * 1000)
    independent = pairing_inefficiency(x, y, classes=labels, independent=other)
    differences = ((x - other) ** 2).sum(1) - ((x - y) ** 2).sum(1)
    error = differences.std() / math.sqrt(1000) / independent.e_ind
    assert abs(independent.concordance) <= 4 * error
    assert independent.e_ind == pytest.approx(((x - other) ** 2).sum(1).mean(), rel=1e-13)
    assert independent.warnings == ()
    assert independent.e_ot_within == independent.e_dt  # a class of one row keeps its pair
    copied = pairing_inefficiency(x, x, independent=other)
    assert (copied.retention, copied.concordance) == (1.0, 1.0)


def test_near_copies_far_from_the_origin_keep_their_digits():
    rng = np.random.default_rng(3)
    labels = np.arange(60) % 6
    x = 1e6 * rng.standard_normal((6, 4))[labels] + rng.standard_normal((60, 4))
    step = 2.0**-30 * rng.standard_normal((60, 4))
    found = pairing_inefficiency(x, x + step, classes=labels)
    inside = np.concatenate([x[labels == c] - x[labels == c].mean(0) for c in range(6)])
    assert found.e_ind == pytest.approx(2 * 10 / 9 * (inside**2).sum(1).mean(), rel=1e-6)
    step = (x + step) - x
    assert 1 - found.concordance == pytest.approx((step**2).sum(1).mean() / found.e_ind, abs=1e-15)


def test_a_student_that_knows_only_the_class_kept_nothing():
    rng = np.random.default_rng(4)
    labels = np.repeat(np.arange(4), 20)
    means = rng.standard_normal((4, 3))
    x = means[labels] + 0.1 * rng.standard_normal((80, 3))
    found = pairing_inefficiency(x, means[labels], classes=labels)
    assert found.concordance == pytest.approx(0, abs=1e-12)
    assert math.isnan(found.retention)  # all pairings of its class cost the same


def test_ten_thousand_rows_of_a_thousand_classes_build_no_matrix():
    rng = np.random.default_rng(12)
    x, y = (torch.from_numpy(rng.standard_normal((10_000, 64))) for _ in range(2))
    classes = as_classes(np.arange(10_000) % 1000, 10_000)
    started = time.process_time()
    null = null_within_classes(x, y, classes)
    assert time.process_time() - started < 5  # 0.1 s; the matrix of distances alone is 800 MB
    assert null.e_ind == pytest.approx(128, rel=0.01)
    assert null.concordance == pytest.approx(0, abs=0.01)
