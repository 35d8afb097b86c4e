"""The DMD step equals the public DMD2 code's numbers, and obeys its own identities."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dmdrepro.diffusion import karras_sigmas
from dmdrepro.distillation import (
    draw_dm_levels,
    draw_fake_levels,
    fake_gan_loss,
    fake_score_loss,
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
    grad, loss = score_difference(
        Given(oracle["F_real"], sigma_data),
        Given(oracle["F_fake"], sigma_data),
        oracle["x"],
        oracle["noise"],
        sigma,
    )
    close(grad, oracle["dm_grad"])
    close(loss.mean(), oracle["dm_loss"])
    close(grad / grad.numel(), oracle["dx"])


def test_the_fake_score_loss_equals_dmd2(oracle):
    sigma_data = float(oracle["sigma_data"])
    sigma = karras_sigmas(1000).float()[oracle["fake_timestep"].long()]
    fake = Given(oracle["F_fake"], sigma_data)
    close(fake_score_loss(fake, oracle["x"], oracle["noise"], sigma), oracle["fake_loss"])


def test_equal_scores_give_no_gradient():
    raw = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    x = torch.ones(3, 4)
    grad, loss = score_difference(Given(raw), Given(raw), x, torch.ones(3, 4), torch.ones(3))
    assert torch.equal(grad, torch.zeros(3, 4))
    assert torch.equal(loss, torch.zeros(3))


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
    dm = draw_dm_levels(200_000, 1000, 0.02, 0.98, draw)
    assert (dm.min(), dm.max(), len(dm.unique())) == (20, 980, 961)
    fake = draw_fake_levels(200_000, 1000, draw)
    assert (fake.min(), fake.max(), len(fake.unique())) == (0, 999, 1000)


class GivenFeatures(Given):
    def features(self, x, sigma, class_labels=None):
        return self._raw, x


def test_an_undecided_discriminator_costs_log_two_each():
    fake, head = GivenFeatures(torch.zeros(4, 3)), lambda h: 0.0 * h.sum(1)
    x, s = torch.ones(4, 3), torch.ones(4)
    log2 = np.log(2.0)
    assert student_gan_loss(fake, head, x, x, s).item() == pytest.approx(log2)
    assert fake_gan_loss(fake, head, x, x, x, x, s, s).item() == pytest.approx(2 * log2)


def test_the_gan_losses_pull_the_logits_apart():
    """A sure and right discriminator costs nothing, and costs the student much."""
    fake, head = GivenFeatures(torch.zeros(4, 3)), lambda h: h.sum(1)
    generated, real = torch.full((4, 3), -20.0), torch.full((4, 3), 20.0)
    zero, s = torch.zeros(4, 3), torch.ones(4)
    assert fake_gan_loss(fake, head, generated, real, zero, zero, s, s).item() < 1e-6
    assert student_gan_loss(fake, head, generated, zero, s).item() == pytest.approx(60.0)


def test_real_and_generated_images_are_noised_at_levels_of_their_own():
    """A discriminator that reads the level alone costs what the two levels say."""

    class Level(Given):
        def features(self, x, sigma, class_labels=None):
            return self._raw, sigma.log()[:, None].expand(len(x), 3)

    fake, head, x = Level(torch.zeros(4, 3)), lambda h: h.mean(1), torch.ones(4, 3)
    sigma, sigma_real = torch.full((4,), 3.0), torch.full((4,), 1 / 3)
    found = fake_gan_loss(fake, head, x, x, x, x, sigma, sigma_real).item()
    assert found == pytest.approx(2 * np.log(4.0))  # softplus(ln 3) = ln 4, twice
