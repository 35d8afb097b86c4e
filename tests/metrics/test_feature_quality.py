"""Features of samples against those of data: Frechet distance, precision and recall."""

import functools

import numpy as np
import pytest
import scipy.linalg
import torch

from dmdrepro.metrics import feature_quality, frechet_squared, precision_recall


def plain(seed, n=100, d=3):
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


points = functools.partial(plain, n=400, d=2)


DRAWS = [(plain(2 * k + 1), plain(2 * k + 2)) for k in range(3)]


def test_means_and_spread_are_over_the_draws():
    found = feature_quality({"a": plain(50), "b": plain(60) * 2}, DRAWS)["b"]
    each = [frechet_squared(plain(60) * 2, data) for data, _ in DRAWS]
    assert found.frechet_squared == pytest.approx(np.mean(each))
    assert found.frechet_squared_sd == pytest.approx(np.std(each, ddof=1))
    both = np.array([precision_recall(plain(60) * 2, data) for data, _ in DRAWS])
    assert (found.precision, found.recall) == pytest.approx(tuple(both.mean(0)))
    assert (found.precision_sd, found.recall_sd) == pytest.approx(tuple(both.std(0, ddof=1)))


def test_data_are_the_reference_against_the_data():
    found = feature_quality({"a": plain(50)}, DRAWS)["data"]
    each = [frechet_squared(reference, data) for data, reference in DRAWS]
    assert found.frechet_squared == pytest.approx(np.mean(each))


def test_one_draw_has_no_spread():
    record = feature_quality({"a": plain(50)}, DRAWS[:1])["a"].to_json()
    assert record["frechet_squared"] > 0
    assert record["frechet_squared_sd"] == record["precision_sd"] == record["recall_sd"] == "nan"


def test_a_set_called_data_and_no_draw_are_refused():
    with pytest.raises(ValueError, match='a set is called "data"'):
        feature_quality({"data": plain(50)}, DRAWS)
    with pytest.raises(ValueError, match="no draw"):
        feature_quality({"a": plain(50)}, [])


def correlated(seed, n=500, d=5):
    """Correlated features about a mean that is not 0."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + rng.standard_normal(d)


def whitened(x):
    """The same rows, moved and turned to mean 0 and covariance 1 exactly."""
    x = x - x.mean(0)
    return x @ np.linalg.inv(np.linalg.cholesky(np.cov(x.T))).T


@pytest.mark.parametrize(("n", "m", "d"), [(500, 500, 5), (60, 40, 5), (30, 20, 40), (20, 30, 40)])
def test_it_is_the_formula_with_scipys_matrix_root(n, m, d):
    x, y = correlated(0, n, d), correlated(1, m, d)
    a, b = np.cov(x.T), np.cov(y.T)
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum()
    expected += np.trace(a + b - 2 * scipy.linalg.sqrtm(a @ b).real)
    # Of singular matrices scipy's root is right to half the digits.
    assert frechet_squared(x, y) == pytest.approx(expected, rel=1e-10 if n > d else 1e-5)
    assert frechet_squared(y, x) == pytest.approx(expected, rel=1e-10 if n > d else 1e-5)


def test_commuting_gaussians_have_the_closed_form():
    """|m1 - m2|^2 + sum (s1 - s2)^2 for diagonal covariances."""
    x, y = whitened(correlated(0, d=3)), whitened(correlated(1, d=3))
    s, t, m = np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.5, 4.0]), np.array([1.0, -2.0, 0.5])
    expected = (m**2).sum() + ((s - t) ** 2).sum()
    assert frechet_squared(x * s, y * t + m) == pytest.approx(expected, rel=1e-12)


def test_equal_sets_are_at_zero_and_order_does_not_matter():
    x = correlated(0).astype(np.float32)
    assert frechet_squared(x, x.copy()) == 0.0
    assert frechet_squared(x, torch.from_numpy(x)) == 0.0
    for n in (500, 3):  # also where there are more features than samples
        assert 0 <= frechet_squared(x[:n], x[:n][::-1].copy()) < 1e-20


def test_near_copies_keep_their_digits():
    x = correlated(0)
    assert frechet_squared(x, x + 1e-6) == pytest.approx(5e-12, rel=1e-6)


@pytest.mark.parametrize("d", [4, 8])
@pytest.mark.parametrize("n", [200, 800])
def test_sets_of_one_law_are_as_far_apart_as_n_leaves_them(n, d):
    """N(0, 1): 2 D / N by the means and D (D + 1) / (2 N) by the covariances, to first order."""
    rng = np.random.default_rng(0)
    mean = np.mean([frechet_squared(*rng.standard_normal((2, n, d))) for _ in range(200)])
    assert mean == pytest.approx((2 * d + d * (d + 1) / 2) / n, rel=0.05)


def test_what_has_no_frechet_distance_is_refused():
    x = correlated(0)
    with pytest.raises(ValueError, match="x has 5 features and y 4"):
        frechet_squared(x, x[:, :4])
    with pytest.raises(ValueError, match="y holds values that are not finite"):
        frechet_squared(x, x * np.nan)
    with pytest.raises(ValueError, match="N of at least 2"):
        frechet_squared(x, x[:1])


def test_on_a_line_it_is_counted_by_hand():
    # The 1st neighbours of the data are 1, 1, 2 away: balls [-1, 1], [0, 2], [1, 5].
    data = np.array([[0.0], [1.0], [3.0]])
    samples = np.array([[-1.5], [4.5], [20.0]])  # [-7.5, 4.5], [-1.5, 10.5], [4.5, 35.5]
    assert precision_recall(samples, data, k=1) == (1 / 3, 1.0)
    assert precision_recall(data, samples, k=1) == (1.0, 1 / 3)


def test_samples_of_the_same_law_score_near_one():
    precision, recall = precision_recall(points(0), points(1))
    assert precision > 0.93
    assert recall > 0.93


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (points(1)[::-1].copy(), (1.0, 1.0)),  # equal, in another order
        (points(0) + 100, (0.0, 0.0)),  # disjoint
        (np.zeros((400, 2)), (1.0, 0.0)),  # constant, inside and outside
        (np.full((400, 2), 9.0), (0.0, 0.0)),
    ],
)
def test_extremes_score_zero_and_one(samples, expected):
    assert precision_recall(samples, points(1)) == expected


def test_half_of_the_modes_is_full_precision_and_half_recall():
    far = np.repeat([[0, 0], [50, 0]], 200, axis=0).astype(np.float32)
    precision, recall = precision_recall(points(0), points(1) + far)
    assert precision > 0.9
    assert recall == pytest.approx(0.5, abs=0.05)


def test_points_that_occur_more_than_k_times_have_no_extent():
    data = np.repeat(points(1, n=100), 4, axis=0)
    assert precision_recall(points(0), data)[0] == 0.0  # no sample hits a datum exactly
    assert precision_recall(data, data) == (1.0, 1.0)  # each in its own ball
    thrice = np.repeat(points(1, n=100), 3, axis=0)
    assert precision_recall(points(0, n=300), thrice)[0] > 0.8


def test_a_larger_k_never_covers_less():
    x, y = points(0, d=20), points(1, d=20)
    found = [precision_recall(x, y, k) for k in (1, 3, 10, 399)]
    assert found == sorted(found)
    assert found[0][0] < 0.5 < found[-1][0]


def test_what_has_no_precision_is_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        precision_recall(points(0), points(1, n=399))
    with pytest.raises(ValueError, match="k is 3 and each set has 3 points"):
        precision_recall(points(0, n=3), points(1, n=3))
    with pytest.raises(ValueError, match="k is 0"):
        precision_recall(points(0), points(1), k=0)
