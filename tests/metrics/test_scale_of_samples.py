"""Samples near the ends of float64 are measured as the same samples elsewhere are."""

import numpy as np
import pytest
import torch

from dmdrepro.metrics import (
    boundary_effect,
    frechet_squared,
    memorisation_ratio,
    pairing_inefficiency,
    precision_recall,
    sample_quality,
    turn_of,
)
from dmdrepro.metrics.scale import exponent_of, restored, scaled

RNG = np.random.default_rng(3)
X, Y, Z = (RNG.standard_normal((40, 3)) for _ in range(3))
Y = 0.9 * X + 0.3 * Y
RATIOS = ("delta_e", "delta_e_null", "retention", "concordance", "remapped")
ENERGIES = ("e_dt", "e_ot", "e_ind")
INSIDE = (-500, -400, -201, -199, 0, 199, 201, 400, 500)


@pytest.mark.parametrize("power", INSIDE)
@pytest.mark.parametrize("solver", ["scipy", "auction"])
def test_the_pairing_is_the_same_to_the_last_bit(power, solver):
    plain = pairing_inefficiency(X, Y, solver)
    found = pairing_inefficiency(X * 2.0**power, Y * 2.0**power, solver)
    for name in RATIOS:
        assert getattr(found, name) == getattr(plain, name)
    for name in ENERGIES:
        assert getattr(found, name) == getattr(plain, name) * 4.0**power
    assert (found.assignment == plain.assignment).all()
    assert found.warnings == plain.warnings == ()


@pytest.mark.parametrize("scale", [1e-152, 1e-150, 1e-3, 7.0, 1e150, 1e153])
def test_scales_of_ten_too(scale):
    plain = pairing_inefficiency(X, Y)
    found = pairing_inefficiency(scale * X, scale * Y)
    for name in RATIOS:
        assert getattr(found, name) == pytest.approx(getattr(plain, name), rel=1e-9)


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        *((scale, "overflow") for scale in (1e170, 1e300)),
        *((scale, "underflow") for scale in (1e-170, 1e-300, 5e-324)),
    ],
)
def test_energies_that_float64_cannot_hold_are_refused(scale, words):
    x, y = np.ceil(X) * scale, np.ceil(Y + 1) * scale
    for measure in (
        lambda: pairing_inefficiency(x, y),
        lambda: sample_quality({"x": x}, [(y, np.ceil(Z) * scale)]),
        lambda: frechet_squared(x, y),
    ):
        with pytest.raises(ValueError, match=f"{words} float64; scale all sets"):
            measure()


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_a_copy_is_a_copy_at_the_ends(scale):
    record = pairing_inefficiency(np.zeros((5, 2)), np.zeros((5, 2)))
    assert record.e_dt == record.e_ot == 0
    assert frechet_squared(scale * X, scale * X) == 0


@pytest.mark.parametrize("scale", [2.0**-520, 2.0**-900, 2.0**520, 2.0**900])
def test_what_has_no_unit_or_a_length_is_measured_anywhere(scale):
    assert turn_of(scale * X, scale * Y) == turn_of(X, Y)
    assert precision_recall(scale * X, scale * Y) == precision_recall(X, Y)
    lengths = np.linspace(1, 2, 40) + RNG.random(40)
    plain, found = (boundary_effect(c * X, c * Y, c * Z, lengths) for c in (1.0, scale))
    assert found.to_json() == plain.to_json()
    assert (found.displacement == scale * plain.displacement).all()
    plain, found = (memorisation_ratio(c * X, c * Y) for c in (1.0, scale))
    np.testing.assert_allclose(found.ratio, plain.ratio, rtol=1e-5)  # at float32's precision
    np.testing.assert_allclose(found.mean_distance, scale * plain.mean_distance, rtol=1e-6)


@pytest.mark.parametrize("scale", [2.0**-500, 2.0**500])
def test_quality_and_frechet_too(scale):
    plain, found = (sample_quality({"x": c * X}, [(c * Y, c * Z)])["x"] for c in (1.0, scale))
    assert (found.ratio, found.e_ot) == (plain.ratio, scale**2 * plain.e_ot)
    assert frechet_squared(scale * X, scale * Y) == scale**2 * frechet_squared(X, Y)


@pytest.mark.parametrize("scale", [1e39, 1e-46, 1e60])
def test_memorisation_is_measured_beyond_float32(scale):
    plain, found = (memorisation_ratio(c * X, c * Y) for c in (1.0, scale))
    np.testing.assert_allclose(found.ratio, plain.ratio, rtol=1e-4)
    assert (found.nearest == plain.nearest).all()


def test_ordinary_sets_are_left_alone():
    x = torch.from_numpy(X)
    assert exponent_of(x, 2.0**150 * x) == 0
    assert scaled(x, 0) is x
    assert exponent_of(torch.zeros(2, 2)) == 0
    big = x * 2.0**900
    assert torch.equal(scaled(scaled(big, -exponent_of(big)), exponent_of(big)), big)
    assert restored(0.0, 5000) == 0
    assert restored(1.5, -1000) == 1.5 * 2.0**-1000
