"""The null of class-conditional sets: what is left out, warned of, taken and refused."""

import json
import math
import re

import numpy as np
import pytest
import torch
from pairs import half_kept

from dmdrepro.metrics import pairing_inefficiency


def test_classes_of_one_sample_are_named_and_left_out():
    rng = np.random.default_rng(5)
    labels = np.r_[np.arange(38) % 4, 77, -5]
    x, y = rng.standard_normal((2, 40, 3))
    found = pairing_inefficiency(x, y, classes=labels)
    others = pairing_inefficiency(x[:38], y[:38], classes=labels[:38])
    for name in ("e_ind", "delta_e_null", "retention", "concordance", "null"):
        assert getattr(found, name) == getattr(others, name), name
    assert found.e_dt == pairing_inefficiency(x, y).e_dt
    (words,) = found.warnings
    assert words.startswith("Classes -5, 77 of 6 have a single sample and so no null")
    assert found.to_json()["warnings"] == [words]


def test_many_single_classes_are_counted():
    x, y = half_kept(6, 36, 2, 0.0)
    (words,) = pairing_inefficiency(x, y, classes=np.r_[[0] * 18, np.arange(1, 19)]).warnings
    assert words.startswith("Classes 1, 2, 3, 4, 5 and 13 more of 19 have")


@pytest.mark.parametrize("company", [0, 2, 5])
def test_mostly_single_classes_are_no_null(company):
    x, y = half_kept(7, 12, 2, 0.5)
    found = pairing_inefficiency(x, y, classes=np.r_[[0] * company, 1 : 13 - company])
    numbers = (found.e_ind, found.delta_e_null, found.retention, found.concordance)
    assert all(math.isnan(value) for value in numbers)
    assert found.null == "class"
    assert found.company == company
    assert found.warnings[0].startswith(f"Of 12 samples {company} have another of their class")
    facts = found.to_json()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_a_second_draw_that_is_one_of_the_sets_is_warned_of():
    x, y = half_kept(8, 12, 2, 0.5)
    found = pairing_inefficiency(x, y, independent=y)
    assert "is the student's samples themselves" in found.warnings[0]
    assert found.concordance == 0.0
    found = pairing_inefficiency(x, y, independent=x)
    assert "is the teacher's samples themselves" in found.warnings[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda y: 127.5 * y + 127.5, "nearer to each other than the second draw's"),
        (lambda y: y / 2 + 0.5, "^Student and second draw differ greatly"),
        (lambda y: np.round(127 * y).astype(np.int16), "^The second draw's samples are integers"),
        (np.zeros_like, "^The second draw hardly varies"),
    ],
)
def test_a_second_draw_in_other_units_is_warned_of(change, words):
    rng = np.random.default_rng(12)
    x, y, other = rng.uniform(-1, 1, (3, 200, 4))
    assert pairing_inefficiency(x, y, independent=other).warnings == ()
    found = pairing_inefficiency(x, y, independent=change(other)).warnings
    assert re.search(words, found[0])
    assert "Delta_E" not in found[0]  # which does not depend on it


@pytest.mark.parametrize(
    "make",
    [
        *(list, tuple, np.uint8, np.uint64, np.float32, torch.tensor),
        lambda c: torch.tensor(c, dtype=torch.bfloat16),
        lambda c: torch.tensor(c, dtype=torch.float32).requires_grad_(),
    ],
)
def test_every_kind_of_whole_numbers_is_the_same_classes(make):
    x, y = half_kept(9, 30, 3, 0.5)
    labels = np.arange(30) % 3
    found = pairing_inefficiency(x, y, classes=make(labels))
    assert found == pairing_inefficiency(x, y, classes=labels)


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (np.zeros(11, int), r"classes has shape \(11,\); there are 12 samples"),
        (np.zeros((12, 1), int), r"classes has shape \(12, 1\)"),
        (3, r"classes has shape \(\)"),
        ([0.5] * 12, r"classes has 0\.5 in row 0; pass one whole number"),
        ([1.0, math.nan] * 6, "classes has nan in row 1"),
        ([math.inf] * 12, "classes has inf in row 0"),
        (["a"] * 12, "classes has type <U1"),
        ([None] * 12, "classes has type object"),
        ([1j] * 12, "classes has type complex128"),
        ([[1], [2, 3]], "classes is not a list of whole numbers"),
        (np.ma.array(np.zeros(12), mask=[True] + [False] * 11), "classes has masked entries"),
        (torch.arange(250, 262).bfloat16(), "classes holds numbers from 256 on"),
        (np.arange(12) + 2.0**60, "classes holds numbers from 9007199254740992 on"),
        (torch.zeros(12).to_sparse(), "classes is a sparse_coo tensor"),
        (torch.zeros(12, device="meta"), "classes is a meta tensor"),
        (torch.nested.nested_tensor([torch.zeros(6)] * 2), "classes is a nested tensor"),
    ],
)
def test_other_classes_are_refused_in_one_sentence(classes, words):
    with pytest.raises(ValueError, match=words) as refused:
        pairing_inefficiency(*half_kept(10, 12, 2, 0.5), classes=classes)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("independent", "words"),
    [
        (np.zeros((11, 2)), r"student \(12, 2\), independent \(11, 2\)"),
        (np.full((12, 2), np.nan), "independent holds values that are not finite"),
        (np.full((12, 2), 1e200), "to the second draw .* overflow float64"),
    ],
)
def test_another_second_draw_is_refused(independent, words):
    with pytest.raises(ValueError, match=words):
        pairing_inefficiency(*half_kept(11, 12, 2, 0.5), independent=independent)
