"""EDM's training loss and noise levels."""

import pytest
import torch

from dmdrepro.diffusion import denoising_loss, lognormal_sigmas
from dmdrepro.models import Mlp
from dmdrepro.models.edm import c_skip

SD = 0.5


class Known:
    """A denoiser given as a function of the noisy input and sigma [B, 1, ...]."""

    sigma_data = SD

    def __init__(self, function):
        self.function = function

    def __call__(self, noisy, sigma, class_labels=None):
        return self.function(noisy, sigma.reshape(-1, *[1] * (noisy.ndim - 1)))


def draws(batch, *shape, seed=0):
    draw = torch.Generator().manual_seed(seed)
    x = SD * torch.randn(batch, *shape, generator=draw)
    sigma = lognormal_sigmas(batch, -1.2, 1.2, draw)
    return x, sigma, torch.randn(batch, *shape, generator=draw)


def test_a_perfect_denoiser_costs_nothing():
    x, sigma, eps = draws(6, 2, 3, 3)
    assert torch.equal(denoising_loss(Known(lambda noisy, s: x), x, sigma, eps), torch.zeros(6))


def test_the_identity_costs_the_noise_times_the_weight():
    x, sigma, eps = draws(6, 5)
    loss = denoising_loss(Known(lambda noisy, s: noisy), x, sigma, eps)
    expected = (sigma**2 + SD**2) / (sigma * SD) ** 2 * sigma**2 * eps.square().mean(1)
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-6)


def test_the_best_denoiser_of_gaussian_data_costs_one_at_every_noise_level():
    """The weight makes the network's target unit-variance (EDM section 5)."""
    x, _, eps = draws(4, 250_000)
    sigma = torch.tensor([0.01, 0.3, 2.0, 80.0])
    loss = denoising_loss(Known(lambda noisy, s: c_skip(s, SD) * noisy), x, sigma, eps)
    # Standard error sqrt(2 / 250000) = 0.003.
    torch.testing.assert_close(loss, torch.ones(4), rtol=0, atol=0.015)


def two_points(batch, draw):
    """x = +-SD, whose exact denoiser is SD tanh(SD noisy / sigma^2)."""
    x = SD * (2.0 * torch.randint(0, 2, (batch, 1), generator=draw) - 1)
    sigma = lognormal_sigmas(batch, -1.2, 1.2, draw)
    return x, sigma, torch.randn(batch, 1, generator=draw)


def test_training_brings_the_loss_down_to_that_of_the_exact_denoiser():
    draw = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        denoiser = Mlp(hidden_layers=2, width=32).make((1,))
    optimiser = torch.optim.Adam(denoiser.parameters(), lr=3e-3)
    fresh = two_points(20_000, draw)
    exact = Known(lambda noisy, s: SD * torch.tanh(SD * noisy / s**2))
    best = denoising_loss(exact, *fresh).mean().item()
    before = denoising_loss(denoiser, *fresh).mean().item()
    for _ in range(500):
        loss = denoising_loss(denoiser, *two_points(128, draw)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    after = denoising_loss(denoiser, *fresh).mean().item()
    assert before == pytest.approx(1.0, abs=0.05)
    assert best < after < best + 0.25 * (before - best)


def test_noise_levels_are_lognormal_and_follow_the_generator():
    first = lognormal_sigmas(100_000, -1.2, 1.2, torch.Generator().manual_seed(1))
    again = lognormal_sigmas(100_000, -1.2, 1.2, torch.Generator().manual_seed(1))
    assert first.dtype == torch.float32
    assert torch.equal(first, again)
    # Standard errors 0.004 and 0.003.
    assert first.log().mean().item() == pytest.approx(-1.2, abs=0.02)
    assert first.log().std().item() == pytest.approx(1.2, abs=0.015)


@pytest.mark.parametrize(
    ("sigma", "eps"), [(torch.ones(3), torch.zeros(4, 2)), (torch.ones(4), torch.zeros(4, 1))]
)
def test_shapes_that_differ_are_refused(sigma, eps):
    with pytest.raises(ValueError, match="must agree"):
        denoising_loss(Known(lambda noisy, s: noisy), torch.zeros(4, 2), sigma, eps)
