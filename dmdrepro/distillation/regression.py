"""The regression loss of DMD (Yin et al. 2024a), off by default: it asks for the pairing."""

from __future__ import annotations

import torch

from dmdrepro.diffusion import heun_sample

STEPS = 8  # of the teacher's sample, as in Delta_E


@torch.no_grad()
def regression_gradient(
    teacher, z: torch.Tensor, x: torch.Tensor, labels=None
) -> tuple[torch.Tensor, torch.Tensor]:
    """`grad` [B, ...] and the loss [], the mean of |G(z) - Phi_8(z)|^2 over samples and values.

    `teacher`: an EDM denoiser; `z` [B, ...]: the noise of `x` = G(z). dL/dx = grad / grad.numel(),
    as of `score_difference`. DMD measures the distance by LPIPS and takes Phi_K from a stored set;
    here it is squared, and Phi_8 is drawn anew for each batch.
    """
    apart = x - heun_sample(teacher, z, STEPS, labels)
    return 2 * apart, apart.square().mean()
