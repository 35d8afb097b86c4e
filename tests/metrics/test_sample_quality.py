"""Sample quality against data of the same law."""

from __future__ import annotations

import numpy as np
import pytest

from dmdrepro.metrics import pairing_inefficiency, sample_quality


def gaussian(seed, n=400):
    return np.random.default_rng(seed).standard_normal((n, 3)).astype(np.float32)


def test_independent_data_have_ratio_one():
    found = [
        sample_quality(*(gaussian(3 * draw + k, n=150) for k in range(3))) for draw in range(20)
    ]
    assert np.mean([r.e_ot for r in found]) == pytest.approx(
        np.mean([r.e_ot_data for r in found]), rel=0.1
    )
    assert np.median([r.ratio for r in found]) == pytest.approx(1, abs=0.15)


def test_the_reference_itself_has_ratio_exactly_one():
    record = sample_quality(gaussian(2), gaussian(1), gaussian(2))
    assert record.ratio == 1.0
    assert record.e_ot == record.e_ot_data


def test_e_ot_is_that_of_the_pairing_and_ignores_order():
    samples, data = gaussian(0), gaussian(1)
    record = sample_quality(samples[::-1], data, gaussian(2))
    expected = pairing_inefficiency(samples, data)
    assert record.e_ot == pytest.approx(expected.e_ot, rel=1e-12)
    assert record.to_json() == {
        "e_ot": record.e_ot,
        "e_ot_data": record.e_ot_data,
        "ratio": record.ratio,
        "n": 400,
    }


def test_shifted_samples_cost_the_squared_shift_more():
    near, far = (sample_quality(gaussian(0) + s, gaussian(1), gaussian(2)) for s in (0, 100))
    # |x + c - y|^2 = |c|^2 + 2 c.(x - y) + |x - y|^2: the middle term is the means' difference.
    lean = 200 * (gaussian(0).mean(0) - gaussian(1).mean(0)).sum()
    assert far.e_ot == pytest.approx(near.e_ot + 3 * 100**2 + lean, rel=1e-5)


def test_a_constant_sample_is_worse_than_data():
    # E|y - c|^2 = 3 at the mean, far above E_OT of data to data.
    record = sample_quality(np.zeros((400, 3), np.float32), gaussian(1), gaussian(2))
    assert record.e_ot == pytest.approx(3, rel=0.1)
    assert record.ratio > 5


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="same points"):
        sample_quality(gaussian(0), gaussian(1), gaussian(1)[::-1].copy())
    with pytest.raises(ValueError, match="differ in shape"):
        sample_quality(gaussian(0), gaussian(1), gaussian(2, n=399))
    with pytest.raises(ValueError, match="reference"):
        sample_quality(gaussian(0), gaussian(1), gaussian(2) * np.nan)
