"""The exact denoiser in a network's place."""

import pytest
import torch

from dmdrepro.data import Chessboard, Moons, Ring
from dmdrepro.diffusion import heun_sample
from dmdrepro.distillation import score_difference
from dmdrepro.models.edm import precondition
from dmdrepro.models.exact import ExactDenoiser

LAWS = pytest.mark.parametrize("law", [Chessboard(), Moons(), Ring()], ids=lambda law: str(law)[:5])
SIGMA_DATA = 0.8


def noisy(law, n=256):
    draw = torch.Generator().manual_seed(0)
    x, _ = law.sample(n, draw)
    sigma = torch.logspace(-2.5, 1.9, n)
    return x + sigma[:, None] * torch.randn(x.shape, generator=draw), sigma


@LAWS
def test_the_raw_output_preconditioned_is_the_denoiser(law):
    x, sigma = noisy(law)
    denoiser = ExactDenoiser(law, SIGMA_DATA)
    assert denoiser(x, sigma).dtype == torch.float32
    torch.testing.assert_close(denoiser(x, sigma), law.denoise(x, sigma).float())
    restored = precondition(denoiser.raw(x, sigma), x, sigma, SIGMA_DATA)
    torch.testing.assert_close(restored, denoiser(x, sigma), rtol=1e-5, atol=1e-5)


@LAWS
def test_many_steps_from_noise_sample_the_law(law):
    z = 80 * torch.randn((2000, 4), generator=torch.Generator().manual_seed(1))
    x = heun_sample(ExactDenoiser(law, SIGMA_DATA), z, 32).double()
    assert x.mean(0).abs().max() < 0.12
    assert x.square().mean().sqrt().item() == pytest.approx(law.rms, rel=0.04)


def test_two_exact_scores_differ_by_nothing_and_a_wrong_one_pulls_towards_the_law():
    law = Ring(components=1, radius=1e-9, sd=0.5)  # one Gaussian about 0
    real, fake = ExactDenoiser(law, 0.5), ExactDenoiser(Ring(components=1, sd=0.5), 0.5)
    x = torch.tensor([[2.0, 0.0, 0.0, 0.0]]).repeat(64, 1)
    eps = torch.randn(x.shape, generator=torch.Generator().manual_seed(2))
    sigma = torch.full((64,), 0.5)
    grad, loss = score_difference(real, real, x, eps, sigma)
    assert (grad == 0).all()
    assert (loss == 0).all()
    grad, loss = score_difference(real, fake, x, eps, sigma)
    assert (grad[:, 0] > 0).all()  # descent moves x back to 0, where the law is
    assert (loss > 0).all()
