"""Disjoint subsets, and that their interval holds what it is said to hold."""

import numpy as np
import pytest

import dmdrepro
from dmdrepro.comparison.subsets import disjoint


@pytest.mark.parametrize("count", [3, 10])
@pytest.mark.parametrize("classes", [None, np.arange(103) % 7, np.arange(103) // 2, np.arange(103)])
def test_sets_are_disjoint_and_no_class_is_torn(count, classes):
    sets = disjoint(103, count, classes)
    rows = np.concatenate(sets)
    assert len(sets) == count
    assert len(set(rows)) == len(rows) >= 103 - count
    if classes is not None:
        assert len(rows) == 103
        company = np.bincount(classes)[classes] > 1
        for own in sets:
            here = np.bincount(classes[own], minlength=103)[classes[own]]
            assert (here > 1)[company[own]].all()


def test_the_interval_holds_the_laws_concordance():
    """95% intervals of 30 sets of samples: by chance fewer than 24 hold it once in 1,700 tries."""
    kept = 0.6
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(30):
        x, fresh = rng.standard_normal((2, 50, 3))
        found = dmdrepro.compare(x, kept * x + np.sqrt(1 - kept**2) * fresh)
        low, high = found.interval.concordance
        held += low <= kept <= high
    assert held >= 24


def test_the_curve_ends_with_all_samples():
    x, y = np.random.default_rng(1).standard_normal((2, 100, 2))
    found = dmdrepro.compare(x, y)
    assert [point["n"] for point in found.over_n] == [12, 25, 50, 100]
    assert [len(point["delta_e"]) for point in found.over_n] == [8, 4, 2, 1]
    assert found.over_n[-1]["retention"] == [found.retention]
