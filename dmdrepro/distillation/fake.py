"""The fake score (the paper's student score s_psi): denoising score matching on G's images.

Section 2.2 minimises |s_psi(x_t) + eps / sigma|^2; the weight is the public code's.
"""

from __future__ import annotations

import torch

from dmdrepro.diffusion import denoising_loss


def draw_fake_levels(n: int, num_levels: int, generator: torch.Generator) -> torch.Tensor:
    """[n] noise-level indices, uniform on 0..num_levels - 1."""
    return torch.randint(0, num_levels, (n,), generator=generator, device=generator.device)


def fake_score_loss(
    fake, x: torch.Tensor, eps: torch.Tensor, sigma: torch.Tensor, labels=None
) -> torch.Tensor:
    """Mean over the batch of (sigma^-2 + sigma_data^-2) |D_fake(x + sigma eps) - x|^2 per value.

    `x`: the student's images without gradient, [B, ...]; `sigma`: [B]. The weight is EDM's
    (sigma^2 + sigma_data^2) / (sigma sigma_data)^2, so the loss is the teacher's own.
    """
    return denoising_loss(fake, x, sigma, eps, labels).mean()
