"""Precision and recall by nearest-neighbour manifolds."""

from __future__ import annotations

import numpy as np
import pytest

from dmdrepro.metrics import precision_recall


def gaussian(seed, n=400, d=2):
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


def test_on_a_line_it_is_counted_by_hand():
    # The 1st neighbours of the data are 1, 1, 2 away: balls [-1, 1], [0, 2], [1, 5].
    data = np.array([[0.0], [1.0], [3.0]])
    samples = np.array([[-1.5], [4.5], [20.0]])  # [-7.5, 4.5], [-1.5, 10.5], [4.5, 35.5]
    assert precision_recall(samples, data, k=1) == (1 / 3, 1.0)
    assert precision_recall(data, samples, k=1) == (1.0, 1 / 3)


def test_samples_of_the_same_law_score_near_one():
    precision, recall = precision_recall(gaussian(0), gaussian(1))
    assert precision > 0.93
    assert recall > 0.93


def test_equal_sets_score_one_whatever_their_order():
    assert precision_recall(gaussian(0), gaussian(0)[::-1].copy()) == (1.0, 1.0)


def test_disjoint_sets_score_zero():
    assert precision_recall(gaussian(0) + 100, gaussian(1)) == (0.0, 0.0)


def test_a_constant_student_covers_nothing():
    inside, outside = np.zeros((400, 2), np.float32), np.full((400, 2), 9, np.float32)
    assert precision_recall(inside, gaussian(1)) == (1.0, 0.0)
    assert precision_recall(outside, gaussian(1)) == (0.0, 0.0)


def test_half_of_the_modes_is_full_precision_and_half_recall():
    far = np.repeat([[0, 0], [50, 0]], 200, axis=0).astype(np.float32)
    precision, recall = precision_recall(gaussian(0), gaussian(1) + far)
    assert precision > 0.9
    assert recall == pytest.approx(0.5, abs=0.05)


def test_points_that_occur_more_than_k_times_have_no_extent():
    data = np.repeat(gaussian(1, n=100), 4, axis=0)
    assert precision_recall(gaussian(0), data)[0] == 0.0  # no sample hits a datum exactly
    assert precision_recall(data, data) == (1.0, 1.0)  # each in its own ball
    thrice = np.repeat(gaussian(1, n=100), 3, axis=0)
    assert precision_recall(gaussian(0, n=300), thrice)[0] > 0.8


def test_a_larger_k_never_covers_less():
    x, y = gaussian(0, d=20), gaussian(1, d=20)
    found = [precision_recall(x, y, k) for k in (1, 3, 10, 399)]
    assert found == sorted(found)
    assert found[0][0] < 0.5 < found[-1][0]


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        precision_recall(gaussian(0), gaussian(1, n=399))
    with pytest.raises(ValueError, match="k is 3 and each set has 3 points"):
        precision_recall(gaussian(0, n=3), gaussian(1, n=3))
    with pytest.raises(ValueError, match="k is 0"):
        precision_recall(gaussian(0), gaussian(1), k=0)
