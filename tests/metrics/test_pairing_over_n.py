"""The pairing of disjoint sets: what is measured, and what N moves and does not."""

import json
import math

import numpy as np
import pytest
from pairs import gaussian

from dmdrepro.metrics import pairing_inefficiency, pairing_of_sets
from dmdrepro.metrics.over_n import MEASURED


@pytest.mark.parametrize("labels", [None, np.arange(70) // 5 % 3], ids=("all", "class"))
def test_each_set_is_measured_as_by_itself_and_no_row_twice(labels):
    teacher, student = gaussian(0, 70, 3), gaussian(1, 70, 3)
    found = pairing_of_sets(teacher, student, 20, 8, classes=labels)
    assert (found["n"], found["sets"]) == (20, 3)
    assert found["null"] == ("all" if labels is None else "class")
    for k in range(3):
        rows = slice(20 * k, 20 * k + 20)
        own = None if labels is None else labels[rows]
        alone = pairing_inefficiency(teacher[rows], student[rows], classes=own).to_json()
        assert {name: found[name][k] for name in MEASURED} == {m: alone[m] for m in MEASURED}


def test_of_many_classes_small_sets_have_no_null_and_each_says_how_many_rows_have_company():
    teacher, student = gaussian(0, 400, 3), gaussian(1, 400, 3)
    classes = np.r_[0, np.arange(399) % 150]
    few, many = (pairing_of_sets(teacher, student, n, 2, classes=classes) for n in (20, 400))
    assert few["company"] == [2, 0]
    for name in ("e_ind", "delta_e_null", "retention", "concordance"):
        assert few[name] == ["nan", "nan"]
    assert many["company"] == [400]
    assert math.isfinite(many["retention"][0])


def test_no_more_sets_than_asked_for():
    teacher = gaussian(0, 100, 2)
    assert pairing_of_sets(teacher, teacher + 1, 10, 4)["sets"] == 4


def test_a_permuted_set_is_strict_json():
    teacher = gaussian(0, 40, 2)
    found = pairing_of_sets(teacher, teacher[::-1], 40, 8)
    assert found["delta_e"] == ["inf"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="There are 9 samples; a set of 10 needs as many"):
        pairing_of_sets(gaussian(0, 9, 2), gaussian(1, 9, 2), 10, 1)


@pytest.mark.parametrize("dim", [2, 100])
def test_half_copied_has_a_concordance_of_a_half_at_any_n_where_retention_moves(dim):
    # Each of the student's points is with probability 1/2 the teacher's own, else independent.
    teacher, other = gaussian(2, 1600, dim), gaussian(3, 1600, dim)
    copied = np.random.default_rng(4).random((1600, 1)) < 0.5
    student = np.where(copied, teacher, other)
    few, many = (pairing_of_sets(teacher, student, n, 64) for n in (25, 800))
    for found in (few, many):
        values = found["concordance"]
        error = np.std(values, ddof=1) / math.sqrt(len(values)) if len(values) > 2 else 0.02
        assert np.mean(values) == pytest.approx(0.5, abs=4 * error)
    fall = np.mean(few["retention"]) - np.mean(many["retention"])
    assert fall > 0.02  # the optimum of few points is far from a copy
    assert np.mean(many["delta_e_null"]) > 1.2 * np.mean(few["delta_e_null"])
