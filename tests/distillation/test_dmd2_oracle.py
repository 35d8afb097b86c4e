"""The DMD step equals the public DMD2 code's numbers, and obeys its own identities."""

import numpy as np
import pytest
import torch

from dmdrepro.diffusion import denoising_loss, karras_sigmas
from dmdrepro.distillation import (
    draw_levels,
    fake_gan_loss,
    gan_logits,
    score_difference,
    student_gan_loss,
)
from dmdrepro.models.edm import precondition

SIGMA_DATA = 0.5


class Given:
    """A denoiser whose raw output is given."""

    def __init__(self, raw: torch.Tensor, sigma_data: float = SIGMA_DATA) -> None:
        self._raw, self.sigma_data = raw, sigma_data

    def raw(self, x, sigma, class_labels=None):
        return self._raw

    def __call__(self, x, sigma, class_labels=None):
        return precondition(self._raw, x, sigma, self.sigma_data)


@pytest.fixture(scope="module")
def oracle(oracles):
    with np.load(oracles / "dmd2_losses.npz") as file:
        return {name: torch.from_numpy(np.asarray(file[name])) for name in file.files}


def close(ours, theirs, tolerance=3e-5):
    scale = theirs.abs().max()
    assert (ours - theirs).abs().max() <= tolerance * scale


def test_the_dm_gradient_and_loss_equal_dmd2(oracle):
    sigma_data = float(oracle["sigma_data"])
    sigma = karras_sigmas(1000).float()[oracle["dm_timestep"].long()]
    real, fake = (Given(oracle[name], sigma_data) for name in ("F_real", "F_fake"))
    grad, loss = score_difference(real, fake, oracle["x"], oracle["noise"], sigma)
    close(grad, oracle["dm_grad"])
    close(loss.mean(), oracle["dm_loss"])
    close(grad / grad.numel(), oracle["dx"])


def test_the_fake_score_loss_equals_dmd2(oracle):
    sigma_data = float(oracle["sigma_data"])
    sigma = karras_sigmas(1000).float()[oracle["fake_timestep"].long()]
    fake = Given(oracle["F_fake"], sigma_data)
    loss = denoising_loss(fake, oracle["x"], sigma, oracle["noise"]).mean()
    close(loss, oracle["fake_loss"])


def test_the_gradient_does_not_depend_on_the_scale_of_the_score_difference_weight():
    """Scaling x, noise, sigma, raw-output units and sigma_data together changes nothing."""
    draw = torch.Generator().manual_seed(1)
    x, eps, real, fake = (torch.randn(5, 7, generator=draw) for _ in range(4))
    sigma = torch.tensor([0.1, 0.5, 1.0, 5.0, 50.0])
    a, _ = score_difference(Given(real), Given(fake), x, eps, sigma)
    b, _ = score_difference(Given(real, 1.5), Given(fake, 1.5), 3 * x, eps, 3 * sigma)
    torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_dm_levels_fill_20_to_980_and_fake_levels_0_to_999():
    draw = torch.Generator().manual_seed(0)
    dm = draw_levels(200_000, 1000, draw, 0.02, 0.98)
    assert (dm.min(), dm.max(), len(dm.unique())) == (20, 980, 961)
    fake = draw_levels(200_000, 1000, draw)
    assert (fake.min(), fake.max(), len(fake.unique())) == (0, 999, 1000)


def test_an_undecided_discriminator_costs_log_two_each():
    logits, log2 = torch.zeros(4), np.log(2.0)
    assert student_gan_loss(logits).item() == pytest.approx(log2)
    assert fake_gan_loss(logits, logits).item() == pytest.approx(2 * log2)


def test_the_gan_losses_pull_the_logits_apart():
    """A sure and right discriminator costs nothing, and costs the student much."""
    generated, real = torch.full((4,), -60.0), torch.full((4,), 60.0)
    assert fake_gan_loss(generated, real).item() < 1e-6
    assert student_gan_loss(generated).item() == pytest.approx(60.0)


def test_the_discriminator_reads_the_noised_image_and_its_level():
    class Seen(Given):
        def features(self, x, sigma, class_labels=None):
            return self._raw, torch.stack([x[:, 0], sigma], 1)

    fake, x, eps = Seen(torch.zeros(2, 1)), torch.ones(2, 1), torch.tensor([[0.5], [-1.0]])
    head, sigma = lambda h: h @ torch.tensor([1.0, 100.0]), torch.tensor([2.0, 3.0])
    found = gan_logits(fake, head, x, sigma, eps)
    assert found.tolist() == [1 + 1 + 200, 1 - 3 + 300]
