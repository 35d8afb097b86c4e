"""The regression loss of DMD (Yin et al. 2024a), off by default: it asks for the pairing."""

import torch

from dmdrepro.diffusion import heun_grid
from dmdrepro.diffusion.sampler import solve

STEPS = 8  # K of the teacher's sample, as in Delta_E (footnote 1)


def regression_target(teacher, z: torch.Tensor, labels=None) -> torch.Tensor:
    """Phi_8(z) [B, ...] of an EDM denoiser, drawn anew for each batch (DMD: from a stored set)."""
    with torch.no_grad():
        return solve(teacher, z, heun_grid(STEPS).tolist(), labels)


def regression_gradient(x: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """`grad` [B, ...] and the loss [], the mean of |G(z) - Phi_8(z)|^2 over samples and values.

    `x` = G(z) without gradient. dL/dx = grad / grad.numel(), as of `score_difference`. DMD
    measures the distance by LPIPS; here it is squared.
    """
    apart = x - target
    return 2 * apart, apart.square().mean()
