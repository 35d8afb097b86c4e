"""A plain eager DMD2 loop: the benchmark's baseline and the tests' reference.

The inputs and mathematics of `training.student`, written as usual: images drawn anew at every
iteration, separate eager operations, a surrogate loss for the gradient, losses read back at once.
"""

import torch
import torch.nn.functional as F

from dmdrepro.diffusion import SIGMA_MAX
from dmdrepro.training.draws import Draws
from dmdrepro.training.student import Distillation


def plain_iteration(nets: Distillation, draws: Draws, it: int) -> dict[str, float]:
    """One iteration without GAN; updates `nets` in place and returns its losses."""
    settings = draws.settings
    z, classes = draws.latent(it)
    losses: dict[str, float] = {}
    if it % settings.student_every == 0:  # training itself: training/student.py
        x = nets.student(z, SIGMA_MAX, classes)
        sigma, eps = draws.dm(it)
        with torch.no_grad():
            noisy = x + sigma.reshape(-1, *[1] * (x.ndim - 1)) * eps
            d_real = nets.teacher(noisy, sigma, classes)
            d_fake = nets.fake(noisy, sigma, classes)
            weight = (x - d_real).abs().flatten(1).mean(1).reshape(-1, *[1] * (x.ndim - 1))
            grad = (d_fake - d_real) / weight
        loss_dm = 0.5 * F.mse_loss(x, (x - grad).detach())
        nets.student_optimiser.zero_grad()
        loss_dm.backward()
        losses["loss_dm"] = loss_dm.item()
        _update(nets.student_optimiser, nets.student.parameters(), settings, it)
        x = x.detach()
    else:
        with torch.no_grad():
            x = nets.student(z, SIGMA_MAX, classes)
    sigma, eps = draws.fake(it)
    spread = sigma.reshape(-1, *[1] * (x.ndim - 1))
    d_fake = nets.fake(x + spread * eps, sigma, classes)
    loss_fake = ((spread**-2 + nets.fake.sigma_data**-2) * (d_fake - x) ** 2).mean()
    nets.fake_optimiser.zero_grad()
    loss_fake.backward()
    losses["loss_fake"] = loss_fake.item()
    _update(nets.fake_optimiser, nets.fake.parameters(), settings, it)
    return losses


def _update(optimiser, parameters, settings, it: int) -> None:
    torch.nn.utils.clip_grad_norm_(parameters, settings.grad_clip)
    warm = min(1.0, it / settings.warmup) if settings.warmup else 1.0
    optimiser.param_groups[0]["lr"] = settings.lr * warm
    optimiser.step()
