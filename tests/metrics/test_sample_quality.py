"""Sample quality against data of the same law."""

import numpy as np
import pytest

from dmdrepro.metrics import pairing_inefficiency, sample_quality


def gaussian(seed, n=400):
    return np.random.default_rng(seed).standard_normal((n, 3)).astype(np.float32)


def quality(samples, data, reference):
    """Of one set against one draw of data."""
    return sample_quality({"student": samples}, [(data, reference)])["student"]


def test_independent_data_have_ratio_one():
    draws = [(gaussian(2 * k + 1, n=150), gaussian(2 * k + 2, n=150)) for k in range(20)]
    found = sample_quality({"data": gaussian(0, n=150), "more": gaussian(99, n=150)}, draws)
    for record in found.values():
        assert record.ratio == pytest.approx(1, abs=0.1)
        assert record.draws == 20


def test_means_and_spread_are_over_the_draws():
    draws = [(gaussian(2 * k + 1, n=60), gaussian(2 * k + 2, n=60)) for k in range(3)]
    whole = sample_quality({"a": gaussian(0, n=60), "b": gaussian(9, n=60)}, draws)["b"]
    each = [quality(gaussian(9, n=60), *draw) for draw in draws]
    assert whole.e_ot == pytest.approx(np.mean([r.e_ot for r in each]))
    assert whole.e_ot_sd == pytest.approx(np.std([r.e_ot for r in each], ddof=1))
    assert whole.e_ot_data == pytest.approx(np.mean([r.e_ot_data for r in each]))
    assert whole.ratio == pytest.approx(whole.e_ot / whole.e_ot_data)


def test_the_reference_itself_has_ratio_exactly_one():
    record = quality(gaussian(2), gaussian(1), gaussian(2))
    assert record.ratio == 1.0
    assert record.e_ot == record.e_ot_data


def test_e_ot_is_that_of_the_pairing_and_ignores_order():
    samples, data = gaussian(0), gaussian(1)
    record = quality(samples[::-1], data, gaussian(2))
    expected = pairing_inefficiency(samples, data)
    assert record.e_ot == pytest.approx(expected.e_ot, rel=1e-12)
    assert record.to_json() == {
        "e_ot": record.e_ot,
        "e_ot_sd": "nan",
        "e_ot_data": record.e_ot_data,
        "ratio": record.ratio,
        "n": 400,
        "draws": 1,
    }


def test_shifted_samples_cost_the_squared_shift_more():
    near, far = (quality(gaussian(0) + s, gaussian(1), gaussian(2)) for s in (0, 100))
    # |x + c - y|^2 = |c|^2 + 2 c.(x - y) + |x - y|^2: the middle term is the means' difference.
    lean = 200 * (gaussian(0).mean(0) - gaussian(1).mean(0)).sum()
    assert far.e_ot == pytest.approx(near.e_ot + 3 * 100**2 + lean, rel=1e-5)


def test_a_constant_sample_is_worse_than_data():
    # E|y - c|^2 = 3 at the mean, far above E_OT of data to data.
    record = quality(np.zeros((400, 3), np.float32), gaussian(1), gaussian(2))
    assert record.e_ot == pytest.approx(3, rel=0.1)
    assert record.ratio > 5


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="same points"):
        quality(gaussian(0), gaussian(1), gaussian(1)[::-1].copy())
    with pytest.raises(ValueError, match="differ in shape"):
        quality(gaussian(0), gaussian(1), gaussian(2, n=399))
    with pytest.raises(ValueError, match="reference"):
        quality(gaussian(0), gaussian(1), gaussian(2) * np.nan)
    with pytest.raises(ValueError, match="no draw"):
        sample_quality({"student": gaussian(0)}, [])
