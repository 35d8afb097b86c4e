"""A denoiser's excess loss over the exact one, on a Gaussian where all is known."""

import math

import pytest
import torch

from dmdrepro.metrics import denoiser_error

SIGMAS = (0.01, 0.5, 2.0, 80.0)
SD = 1.5


class GaussianData:
    """N(0, SD^2 I) in R^3: E[x0 | x] = x SD^2 / (SD^2 + sigma^2)."""

    def sample(self, n, generator):
        return SD * torch.randn(n, 3, generator=generator), None

    def denoise(self, x, sigma):
        return x.double() * SD**2 / (SD**2 + sigma**2)


def measure(denoiser, sigmas=SIGMAS, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return denoiser_error(denoiser, GaussianData(), sigmas, 4000, generator)


def exact(x, sigma):
    return (x.double() * SD**2 / (SD**2 + sigma.double() ** 2)[:, None]).float()


def test_the_exact_denoiser_has_error_zero():
    found = measure(exact)
    assert found["sigma"] == list(SIGMAS)
    assert max(found["relative_error"]) < 1e-9
    assert max(found["relative_to_signal"]) < 1e-9


def test_a_known_offset_has_its_closed_form():
    # |D - D*|^2 = 0.01 a coordinate, over the posterior variance SD^2 s^2 / (SD^2 + s^2).
    found = measure(lambda x, sigma: exact(x, sigma) + 0.1)
    expected = [0.01 * (SD**2 + s**2) / (SD**2 * s**2) for s in SIGMAS]
    assert found["relative_error"] == pytest.approx(expected, rel=0.05)


def test_the_loss_is_one_plus_the_error_times_the_best_loss():
    # D = x has loss sigma^2; the best is SD^2 s^2 / (SD^2 + s^2); so 1 + e = 1 + s^2 / SD^2.
    found = measure(lambda x, sigma: x)
    expected = [s**2 / SD**2 for s in SIGMAS]
    assert found["relative_error"] == pytest.approx(expected, rel=0.1)


def test_against_the_signal_an_offset_costs_nothing_and_noise_its_share():
    found = measure(lambda x, sigma: exact(x, sigma) + 0.1)
    assert max(found["relative_to_signal"]) < 1e-9
    # D = 1.5 D* is off by half the signal; D = 0 by all of it, whatever the level.
    found = measure(lambda x, sigma: 1.5 * exact(x, sigma))
    assert found["relative_to_signal"] == pytest.approx([0.25] * len(SIGMAS), rel=1e-5)
    found = measure(lambda x, sigma: 0 * x)
    assert found["relative_to_signal"] == pytest.approx([1.0] * len(SIGMAS), rel=1e-5)


def test_beside_a_constant_exact_denoiser_an_error_has_no_scale(monkeypatch):
    monkeypatch.setattr(GaussianData, "denoise", lambda self, x, sigma: 0 * x)
    assert measure(lambda x, sigma: x, sigmas=(1.0,))["relative_to_signal"] == [math.inf]
    assert math.isnan(measure(lambda x, sigma: 0 * x, sigmas=(1.0,))["relative_to_signal"][0])


def test_the_generator_decides_every_number():
    def rough(x, sigma):
        return 0.9 * exact(x, sigma)

    assert measure(rough, seed=3) == measure(rough, seed=3)
    assert measure(rough, seed=3) != measure(rough, seed=4)


def test_a_level_or_an_output_without_meaning_is_refused():
    with pytest.raises(ValueError, match="not positive"):
        measure(exact, sigmas=(1.0, 0.0))
    with pytest.raises(ValueError, match=r"output at sigma 0\.5 is not finite"):
        measure(lambda x, sigma: x * float("nan"), sigmas=(0.5,))
