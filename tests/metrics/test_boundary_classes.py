"""The boundary effect within classes: what is between classes only, is gone."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from pairs import displaced

from dmdrepro.metrics import boundary_by_class, boundary_effect

NORMAL = 1.959963984540054  # the 97.5% point


def random_sets(n):
    """Phi_1, Phi_8, G [n, 4] and D(z) [n], none of which knows of the others."""
    rng = np.random.default_rng(0)
    return *rng.standard_normal((3, n, 4)), rng.uniform(1, 2, n)


def partial_correlation(x, y, classes):
    """Of what least squares on the classes' indicators leaves of both."""
    indicators = (classes[:, None] == np.unique(classes)).astype(float)
    x, y = (v - indicators @ np.linalg.lstsq(indicators, v, rcond=None)[0] for v in (x, y))
    return np.corrcoef(x, y)[0, 1]


def test_a_correlation_of_the_classes_means_alone_is_none_within_them():
    """Within each class D runs along a line and delta along a parabola about its middle."""
    u = np.linspace(-1, 1, 21)
    classes = np.repeat(np.arange(4), 21)
    delta = np.tile(0.1 * u**2, 4) - classes
    distance = np.tile(0.1 * u, 4) + classes
    samples = displaced(delta)
    assert boundary_effect(*samples, distance).pearson.value < -0.99
    record = boundary_by_class(*samples, distance, classes)
    assert record.within.pearson.value == pytest.approx(0, abs=1e-9)
    assert list(record.per_class) == [0, 1, 2, 3]
    for found in record.per_class.values():
        assert found.pearson.value == pytest.approx(0, abs=1e-9)


def test_classes_can_hide_a_correlation_that_all_of_them_have():
    u = np.linspace(-1, 1, 21)
    classes = np.repeat(np.arange(3), 21)
    samples = displaced(np.tile(-0.1 * u, 3) + classes)
    distance = np.tile(u, 3) + 3 * classes
    assert boundary_effect(*samples, distance).pearson.value > 0.9
    record = boundary_by_class(*samples, distance, classes)
    for found in (record.within, *record.per_class.values()):
        assert found.pearson.value == pytest.approx(-1, abs=1e-9)


def test_pooled_is_numpys_partial_correlation_with_its_degrees_of_freedom():
    one, eight, student, distance = random_sets(80)
    classes = np.random.default_rng(1).integers(0, 7, 80)
    distance += classes
    found = boundary_by_class(one, eight, student, distance, classes).within
    a, b = (np.linalg.norm(x - eight, axis=1) for x in (student, one))
    for interval, values in (
        (found.pearson, a - b),
        (found.pearson_student, a),
        (found.pearson_start, -b),
    ):
        truth = partial_correlation(values, distance, classes)
        assert interval.value == pytest.approx(truth, abs=1e-12)
        width = NORMAL / math.sqrt(80 - 6 - 3)
        ends = [math.tanh(math.atanh(truth) + side * width) for side in (-1, 1)]
        assert [interval.low, interval.high] == pytest.approx(ends, abs=1e-9)
    assert found.n == 80


def assert_those_of(found, *samples_and_distance):
    """The boundary effect of these samples by themselves."""
    alone = boundary_effect(*samples_and_distance)
    for name in ("pearson", "pearson_student", "pearson_student_repaired", "pearson_start"):
        ours, theirs = asdict(getattr(found, name)), asdict(getattr(alone, name))
        assert ours == pytest.approx(theirs, abs=1e-12), name


def test_a_class_by_itself_is_the_boundary_effect_of_its_samples():
    given, classes = random_sets(60), np.arange(60) % 3
    for c, found in boundary_by_class(*given, classes).per_class.items():
        assert_those_of(found, *(x[classes == c] for x in given))


def test_with_one_class_nothing_is_taken_out():
    given = random_sets(50)
    assert_those_of(boundary_by_class(*given, np.zeros(50, int)).within, *given)


def test_the_pooled_interval_holds_the_truth_about_19_times_in_20():
    """Twenty classes of three: without the adjustment it would hold it 9 times in 10."""
    truth, rng, draws, hits = -0.5, np.random.default_rng(0), 600, 0
    classes = np.repeat(np.arange(20), 3)
    for _ in range(draws):
        distance = rng.standard_normal(60)
        delta = truth * distance + math.sqrt(1 - truth**2) * rng.standard_normal(60)
        found = boundary_by_class(
            *displaced(0.5 * delta + classes), distance - classes, classes
        ).within
        hits += found.pearson.low <= truth <= found.pearson.high
    assert hits / draws == pytest.approx(0.95, abs=0.025)


def test_small_and_constant_classes_are_left_out_and_say_why():
    classes = np.repeat([3, 5, 7, 8], [9, 10, 12, 11])
    distance = np.arange(42.0)
    distance[classes == 7] = 2.0
    one, eight, student = displaced(np.sin(np.arange(42.0)))
    student[classes == 8] = one[classes == 8]
    record = boundary_by_class(one, eight, student, distance, classes)
    assert list(record.per_class) == [5]
    assert record.left_out == {
        3: (9, "fewer than 10 samples"),
        7: (12, "D(z) is constant"),
        8: (11, "the displacement is constant"),
    }
    assert record.within.n == 42
    facts = record.to_json()
    assert [entry["class"] for entry in facts["per_class"]] == [3, 5, 7, 8]
    assert facts["per_class"][0] == {"class": 3, "n": 9, "left_out": "fewer than 10 samples"}
    assert set(facts["per_class"][1]["pearson"]) == {"value", "low", "high"}
    assert facts["within_class"]["classes"] == 4


def test_where_nothing_varies_within_classes_there_is_no_pooled_coefficient():
    classes = np.repeat(np.arange(3), 12)
    *samples, _ = random_sets(36)
    assert boundary_by_class(*samples, 0.1 + classes, classes).within is None
    one, eight, _, distance = random_sets(36)
    assert boundary_by_class(one, eight, one, distance, classes).within is None
    singles = boundary_by_class(*random_sets(20), np.arange(20))  # no degree of freedom is left
    assert singles.within is None
    assert singles.to_json()["within_class"] is None


def test_what_does_not_fit_is_refused():
    *samples, distance = random_sets(20)
    with pytest.raises(ValueError, match=r"classes has shape \(19,\); there are 20 samples"):
        boundary_by_class(*samples, distance, np.zeros(19, int))
    with pytest.raises(ValueError, match="not finite"):
        boundary_by_class(*samples, np.full(20, np.inf), np.zeros(20, int))
