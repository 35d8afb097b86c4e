"""Displacement against the distance to the training set, with intervals (Figure 11)."""

import math

import numpy as np
import pytest
from pairs import displaced

from dmdrepro.metrics import boundary_effect


def test_the_displacement_is_the_difference_of_distances():
    delta = np.linspace(-2, 2, 20)
    record = boundary_effect(*displaced(delta), np.arange(20.0))
    np.testing.assert_allclose(record.displacement, delta, atol=1e-12)


def test_a_line_has_coefficient_minus_one_and_no_width():
    delta = np.linspace(1, -1, 30)
    record = boundary_effect(*displaced(delta), 7 - 3 * delta)
    for found in (record.pearson, record.spearman):
        assert found.value == pytest.approx(-1, abs=1e-9)
        assert found.low == pytest.approx(-1, abs=1e-6)
        assert found.high == pytest.approx(-1, abs=1e-6)


def test_a_monotone_curve_has_spearman_one_and_a_smaller_pearson():
    delta = np.linspace(-2, 2, 40)
    record = boundary_effect(*displaced(delta), np.exp(3 * delta))
    assert record.spearman.value == pytest.approx(1)
    assert 0.3 < record.pearson.value < 0.9


def test_intervals_are_fishers_by_hand():
    # r = 0 exactly: delta is even, D odd, about the middle of an odd number of samples.
    # Whole numbers on a line, so that equal displacements are equal to the bit.
    u = np.arange(-51.0, 52.0)
    one, eight, student = np.full((103, 1), 9.0), np.zeros((103, 1)), (9 + u**2)[:, None]
    record = boundary_effect(one, eight, student, u)
    edge = math.tanh(1.959963984540054 / math.sqrt(100))
    for found in (record.pearson, record.spearman):
        assert found.value == pytest.approx(0, abs=1e-12)
        assert (found.low, found.high) == pytest.approx((-edge, edge), abs=1e-9)
    assert record.level == 0.95


def test_intervals_hold_the_true_coefficient_about_19_times_in_20():
    truth = -0.5
    true_rank = 6 / math.pi * math.asin(truth / 2)  # Spearman of a Gaussian pair
    hits, draws = np.zeros(2), 2000
    rng = np.random.default_rng(0)
    for _ in range(draws):
        distance = rng.standard_normal(100)
        delta = truth * distance + math.sqrt(1 - truth**2) * rng.standard_normal(100)
        record = boundary_effect(*displaced(0.5 * delta), distance)
        pairs = ((record.pearson, truth), (record.spearman, true_rank))
        hits += [found.low <= value <= found.high for found, value in pairs]
    assert (np.abs(hits / draws - 0.95) < 0.015).all(), hits


def test_the_record_is_what_figures_read():
    facts = boundary_effect(*displaced(np.linspace(-1, 1, 9) ** 3), np.arange(9.0)).to_json()
    alone = {"pearson_student", "pearson_student_repaired"}
    nulls = {"pearson_start", "pearson_repaired"}
    assert set(facts) == {"n", "level", "pearson", "spearman"} | alone | nulls
    assert set(facts["pearson"]) == {"value", "low", "high"}
    assert facts["pearson"]["low"] < facts["pearson"]["value"] < facts["pearson"]["high"]


def test_a_student_that_copies_all_alike_still_correlates_by_construction():
    """Why the nulls stand beside it: here the student is equally near everywhere."""
    rng = np.random.default_rng(0)
    eight = rng.standard_normal((400, 20)) * rng.uniform(0.5, 2, (400, 1))
    one, student = np.zeros_like(eight), eight + 0.1  # Phi_1 is the data's mean
    record = boundary_effect(one, eight, student, np.linalg.norm(eight, axis=1))
    assert record.pearson.value == pytest.approx(-1, abs=1e-6)
    assert record.pearson_start.value == pytest.approx(-1, abs=1e-9)
    assert record.pearson_student.value == 0


def test_the_nulls_by_hand():
    rng = np.random.default_rng(1)
    one, eight, student = rng.standard_normal((3, 50, 4))
    distance = rng.uniform(1, 2, 50)
    record = boundary_effect(one, eight, student, distance)
    a, b = (np.linalg.norm(x - eight, axis=1) for x in (student, one))
    moved = np.linalg.norm(np.concatenate([student[25:], student[:25]]) - eight, axis=1)
    pairs = (
        (record.pearson_student, a),
        (record.pearson_student_repaired, moved),
        (record.pearson_start, -b),
        (record.pearson_repaired, moved - b),
    )
    for found, values in pairs:
        assert found.value == pytest.approx(np.corrcoef(values, distance)[0, 1], abs=1e-12)
        assert found.low < found.value < found.high


def test_what_has_no_correlation_is_refused():
    one, eight, student = displaced(np.linspace(-1, 1, 10))
    with pytest.raises(ValueError, match="displacement is 0 for every sample"):
        boundary_effect(one, eight, one, np.arange(10.0))
    with pytest.raises(ValueError, match="mean_distance is 3 for every sample"):
        boundary_effect(one, eight, student, np.full(10, 3.0))
    with pytest.raises(ValueError, match="at least 4"):
        boundary_effect(one[:3], eight[:3], student[:3], np.arange(3.0))
    with pytest.raises(ValueError, match="there are 10 samples"):
        boundary_effect(one, eight, student, np.arange(9.0))
    with pytest.raises(ValueError, match="not finite"):
        boundary_effect(one, eight, student, np.full(10, np.nan))
    with pytest.raises(ValueError, match="differ in shape"):
        boundary_effect(one, eight, student[:9], np.arange(10.0))
    with pytest.raises(ValueError, match=r"classes has 0\.5 in row 0"):
        boundary_effect(one, eight, student, np.arange(10.0), np.full(10, 0.5))


def test_of_a_conditional_student_the_re_pairing_stays_within_the_class():
    """Classes far apart, D(z) the class's: other classes are further, one's own are not."""
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    eight = np.c_[100.0 * labels, rng.standard_normal(200)]
    student = np.c_[100.0 * labels, rng.standard_normal(200)]
    distance = labels + 0.1 * rng.random(200)
    given = np.zeros((200, 2)), eight, student, distance
    among_all, told = boundary_effect(*given), boundary_effect(*given, labels)
    assert told.pearson == among_all.pearson  # of the given pairing
    order = np.arange(200)
    for c in (0, 1):
        rows = np.flatnonzero(labels == c)
        order[rows] = np.roll(rows, 50)
    far = np.linalg.norm(student[order] - eight, axis=1)
    expected = np.corrcoef(far, distance)[0, 1]
    assert told.pearson_student_repaired.value == pytest.approx(expected, abs=1e-9)
    assert np.corrcoef(labels, labels[order])[0, 1] == pytest.approx(1)


def test_a_class_of_one_sample_is_no_part_of_the_re_pairing():
    rng = np.random.default_rng(1)
    one, eight, student = rng.standard_normal((3, 30, 2))
    distance = rng.random(30)
    labels = np.r_[np.arange(29) % 2, 9]
    found = boundary_effect(one, eight, student, distance, labels)
    without = boundary_effect(one[:29], eight[:29], student[:29], distance[:29], labels[:29])
    assert found.pearson_repaired == without.pearson_repaired
    alone = boundary_effect(one, eight, student, distance, np.arange(30))
    assert alone.pearson_repaired is None
    assert alone.to_json()["pearson_student_repaired"] is None
