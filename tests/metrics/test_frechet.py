"""The Frechet distance of two sets of features."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch

from dmdrepro.metrics import frechet_squared


def gaussian(seed, n=500, d=5):
    """Correlated features about a mean that is not 0."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + rng.standard_normal(d)


def whitened(x):
    """The same rows, moved and turned to mean 0 and covariance 1 exactly."""
    x = x - x.mean(0)
    return x @ np.linalg.inv(np.linalg.cholesky(np.cov(x.T))).T


@pytest.mark.parametrize(("n", "m", "d"), [(500, 500, 5), (60, 40, 5), (30, 20, 40), (20, 30, 40)])
def test_it_is_the_formula_with_scipys_matrix_root(n, m, d):
    x, y = gaussian(0, n, d), gaussian(1, m, d)
    a, b = np.cov(x.T), np.cov(y.T)
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum()
    expected += np.trace(a + b - 2 * scipy.linalg.sqrtm(a @ b).real)
    # Of singular matrices scipy's root is right to half the digits.
    assert frechet_squared(x, y) == pytest.approx(expected, rel=1e-10 if n > d else 1e-5)
    assert frechet_squared(y, x) == pytest.approx(expected, rel=1e-10 if n > d else 1e-5)


def test_commuting_gaussians_have_the_closed_form():
    """|m1 - m2|^2 + sum (s1 - s2)^2 for diagonal covariances."""
    x, y = whitened(gaussian(0, d=3)), whitened(gaussian(1, d=3))
    s, t, m = np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.5, 4.0]), np.array([1.0, -2.0, 0.5])
    expected = (m**2).sum() + ((s - t) ** 2).sum()
    assert frechet_squared(x * s, y * t + m) == pytest.approx(expected, rel=1e-12)


def test_equal_sets_are_at_zero_and_order_does_not_matter():
    x = gaussian(0).astype(np.float32)
    assert frechet_squared(x, x.copy()) == 0.0
    assert frechet_squared(x, torch.from_numpy(x)) == 0.0
    for n in (500, 3):  # also where there are more features than samples
        assert 0 <= frechet_squared(x[:n], x[:n][::-1].copy()) < 1e-20


def test_near_copies_keep_their_digits():
    x = gaussian(0)
    assert frechet_squared(x, x + 1e-6) == pytest.approx(5e-12, rel=1e-6)


def test_a_turn_of_both_sets_changes_nothing():
    x, y = gaussian(0), gaussian(1)
    turn = np.linalg.qr(np.random.default_rng(2).standard_normal((5, 5)))[0]
    assert frechet_squared(x @ turn, y @ turn) == pytest.approx(frechet_squared(x, y), rel=1e-10)


@pytest.mark.parametrize("d", [4, 8])
@pytest.mark.parametrize("n", [200, 800])
def test_sets_of_one_law_are_as_far_apart_as_n_leaves_them(n, d):
    """N(0, 1): 2 D / N by the means and D (D + 1) / (2 N) by the covariances, to first order."""
    rng = np.random.default_rng(0)
    mean = np.mean([frechet_squared(*rng.standard_normal((2, n, d))) for _ in range(200)])
    assert mean == pytest.approx((2 * d + d * (d + 1) / 2) / n, rel=0.05)


def test_what_cannot_be_compared_is_refused():
    x = gaussian(0)
    with pytest.raises(ValueError, match="x has 5 features and y 4"):
        frechet_squared(x, x[:, :4])
    with pytest.raises(ValueError, match="y holds values that are not finite"):
        frechet_squared(x, x * np.nan)
    with pytest.raises(ValueError, match="N of at least 2"):
        frechet_squared(x, x[:1])
