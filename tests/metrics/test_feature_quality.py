"""Features of samples against those of data, over several draws."""

from __future__ import annotations

import numpy as np
import pytest

from dmdrepro.metrics import feature_quality, frechet_squared, precision_recall


def gaussian(seed, n=100):
    return np.random.default_rng(seed).standard_normal((n, 3)).astype(np.float32)


DRAWS = [(gaussian(2 * k + 1), gaussian(2 * k + 2)) for k in range(3)]


def test_means_and_spread_are_over_the_draws():
    found = feature_quality({"a": gaussian(50), "b": gaussian(60) * 2}, DRAWS)["b"]
    each = [frechet_squared(gaussian(60) * 2, data) for data, _ in DRAWS]
    assert found.frechet_squared == pytest.approx(np.mean(each))
    assert found.frechet_squared_sd == pytest.approx(np.std(each, ddof=1))
    both = np.array([precision_recall(gaussian(60) * 2, data) for data, _ in DRAWS])
    assert (found.precision, found.recall) == pytest.approx(tuple(both.mean(0)))
    assert (found.precision_sd, found.recall_sd) == pytest.approx(tuple(both.std(0, ddof=1)))


def test_data_are_the_reference_against_the_data():
    found = feature_quality({"a": gaussian(50)}, DRAWS)["data"]
    each = [frechet_squared(reference, data) for data, reference in DRAWS]
    assert found.frechet_squared == pytest.approx(np.mean(each))


def test_one_draw_has_no_spread():
    record = feature_quality({"a": gaussian(50)}, DRAWS[:1])["a"].to_json()
    assert record["frechet_squared"] > 0
    assert record["frechet_squared_sd"] == record["precision_sd"] == record["recall_sd"] == "nan"


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match='a set is called "data"'):
        feature_quality({"data": gaussian(50)}, DRAWS)
    with pytest.raises(ValueError, match="no draw"):
        feature_quality({"a": gaussian(50)}, [])
