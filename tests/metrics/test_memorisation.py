"""Memorisation distance ratio: nearest over second nearest (section 4.1.2)."""

import numpy as np
import pytest
import torch

from dmdrepro.metrics import memorisation_ratio

TRAINING = np.array([[0.0, 0.0], [4.0, 0.0], [100.0, 0.0]], np.float32)


@pytest.mark.parametrize(
    ("query", "ratio", "nearest"),
    [
        ((0.0, 0.0), 0.0, (0, 1)),  # the training point itself
        ((1.0, 0.0), 1 / 3, (0, 1)),  # at the threshold: not below it
        ((2.0, 0.0), 1.0, (0, 1)),
        ((3.5, 0.0), 0.5 / 3.5, (1, 0)),
        ((51.0, 0.0), 47 / 49, (1, 2)),
    ],
)
def test_points_on_a_line_have_the_ratio_of_their_distances(query, ratio, nearest):
    record = memorisation_ratio(np.array([query], np.float32), TRAINING)
    assert record.ratio[0] == pytest.approx(ratio, abs=1e-12)
    assert tuple(record.nearest[0]) == nearest
    assert record.fraction == float(ratio < 1 / 3)
    expected = np.linalg.norm(TRAINING - query, axis=1).mean()
    assert record.mean_distance[0] == pytest.approx(expected, rel=1e-5)


def test_brute_force_in_images_agrees():
    rng = np.random.default_rng(0)
    training = rng.standard_normal((300, 1, 4, 4)).astype(np.float32)
    queries = rng.standard_normal((50, 1, 4, 4)).astype(np.float32)
    queries[:10] = training[:10] + 1e-3  # ten memorised samples
    record = memorisation_ratio(torch.from_numpy(queries), torch.from_numpy(training))
    far = np.linalg.norm((queries[:, None] - training[None]).reshape(50, 300, 16), axis=2)
    order = np.argsort(far, axis=1)[:, :2]
    two = np.take_along_axis(far, order, axis=1)
    assert (record.nearest == order).all()
    np.testing.assert_allclose(record.ratio, two[:, 0] / two[:, 1], rtol=1e-5)
    np.testing.assert_allclose(record.mean_distance, far.mean(1), rtol=1e-5)
    assert record.fraction == 0.2


def test_the_threshold_decides_the_fraction_and_is_recorded():
    queries = np.array([[1.0, 0.0], [2.0, 0.0]], np.float32)
    facts = memorisation_ratio(queries, TRAINING, threshold=0.5).to_json()
    assert facts == pytest.approx(
        {"threshold": 0.5, "fraction": 0.5, "ratio_min": 1 / 3, "ratio_median": 2 / 3, "n": 2}
    )


def test_a_point_that_the_training_set_holds_twice_is_memorised():
    twice = np.concatenate([TRAINING, TRAINING[:1]])
    record = memorisation_ratio(TRAINING[:1], twice)
    assert record.ratio[0] == 0.0
    assert record.fraction == 1.0


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="same shape"):
        memorisation_ratio(np.zeros((2, 3)), TRAINING)
    with pytest.raises(ValueError, match="at least 2"):
        memorisation_ratio(TRAINING, TRAINING[:1])
    with pytest.raises(ValueError, match=r"queries.*sample 0"):
        memorisation_ratio(np.full((1, 2), np.inf), TRAINING)
    for threshold in (0, 1.5, float("nan")):
        with pytest.raises(ValueError, match="threshold"):
            memorisation_ratio(TRAINING, TRAINING, threshold)
