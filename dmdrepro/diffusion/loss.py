"""Denoising score matching with EDM's noise levels and weight (Karras et al. 2022, section 5)."""

from collections.abc import Callable

import torch


def lognormal_sigmas(
    n: int, p_mean: float, p_std: float, generator: torch.Generator
) -> torch.Tensor:
    """[n] training noise levels, ln sigma ~ N(p_mean, p_std^2), float32."""
    normal = torch.randn(n, generator=generator, device=generator.device)
    return (p_mean + p_std * normal).exp()


def add_noise(x: torch.Tensor, sigma: torch.Tensor, eps: torch.Tensor) -> torch.Tensor:
    """x_t = x + sigma eps [B, ...]; `x`, `eps`: [B, ...], `sigma`: [B]."""
    return x + sigma.reshape(-1, *[1] * (x.ndim - 1)) * eps


def denoising_loss(
    denoiser: Callable[..., torch.Tensor],
    x: torch.Tensor,
    sigma: torch.Tensor,
    eps: torch.Tensor,
    class_labels: torch.Tensor | None = None,
) -> torch.Tensor:
    """[B] mean over each sample's values of lambda(sigma) |D(x + sigma eps; sigma) - x|^2.

    lambda = (sigma^2 + sigma_data^2) / (sigma sigma_data)^2 = sigma^-2 + sigma_data^-2: the
    teacher's loss and, on the student's images, the fake score's. `denoiser`: as
    `denoiser(noisy, sigma, class_labels)`, with attribute `sigma_data`; `x`, `eps`: [B, ...],
    eps ~ N(0, I); `sigma`: [B]. Raises ValueError if the shapes differ.
    """
    if eps.shape != x.shape or sigma.shape != x.shape[:1]:
        raise ValueError(
            f"x is {tuple(x.shape)}, eps {tuple(eps.shape)}, sigma {tuple(sigma.shape)}; "
            "x and eps must agree and sigma be [B]."
        )
    noisy = add_noise(x, sigma, eps)
    error = denoiser(noisy, sigma, class_labels) - x
    weight = sigma**-2 + denoiser.sigma_data**-2
    return weight * error.square().flatten(1).mean(1)
