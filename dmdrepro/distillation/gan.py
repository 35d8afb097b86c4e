"""The adversarial loss of section 4.1.1, off by default.

The discriminator D_gamma is a head on the fake score network's features at the noised image, as
in DMD2; both losses are logistic, non-saturating.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from dmdrepro.diffusion import add_noise


def student_gan_loss(
    fake, head, x: torch.Tensor, eps: torch.Tensor, sigma: torch.Tensor, labels=None
) -> torch.Tensor:
    """-log D_gamma(G(z) + sigma eps), mean over the batch; gradient flows to `x`."""
    return F.softplus(-_logits(fake, head, x, eps, sigma, labels)).mean()


def fake_gan_loss(
    fake,
    head,
    x: torch.Tensor,
    real: torch.Tensor,
    eps: torch.Tensor,
    eps_real: torch.Tensor,
    sigma: torch.Tensor,
    sigma_real: torch.Tensor,
    labels=None,
    labels_real=None,
) -> torch.Tensor:
    """-log D_gamma(real_t) - log(1 - D_gamma(x_t)), mean over the batch; `x` without gradient.

    Real images are noised at levels of their own, `sigma_real`, as in the public code: [B] each.
    """
    logits = _logits(fake, head, x, eps, sigma, labels)
    logits_real = _logits(fake, head, real, eps_real, sigma_real, labels_real)
    return F.softplus(logits).mean() + F.softplus(-logits_real).mean()


def _logits(fake, head, x, eps, sigma, labels) -> torch.Tensor:
    _, features = fake.features(add_noise(x, sigma, eps), sigma, labels)
    return head(features)
