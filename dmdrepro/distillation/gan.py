"""The adversarial loss of section 4.1.1, off by default.

The discriminator D_gamma is a head on the fake score network's features at the noised image, as
in DMD2; both losses are logistic, non-saturating.
"""

import torch
import torch.nn.functional as F

from dmdrepro.diffusion import add_noise


def gan_logits(
    fake, head, x: torch.Tensor, sigma: torch.Tensor, eps: torch.Tensor, labels=None
) -> torch.Tensor:
    """The logits [B] of D_gamma(x + sigma eps); `x`, `eps`: [B, ...], `sigma`: [B]."""
    _, features = fake.features(add_noise(x, sigma, eps), sigma, labels)
    return head(features)


def student_gan_loss(logits: torch.Tensor) -> torch.Tensor:
    """-log D_gamma of the student's images, mean over the batch."""
    return F.softplus(-logits).mean()


def fake_gan_loss(logits: torch.Tensor, logits_real: torch.Tensor) -> torch.Tensor:
    """-log D_gamma of real images - log(1 - D_gamma) of the student's, mean over the batch.

    Real images are noised at levels of their own, as in the public code.
    """
    return F.softplus(logits).mean() + F.softplus(-logits_real).mean()
