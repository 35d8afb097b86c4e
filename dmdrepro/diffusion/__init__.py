"""Diffusion: Karras noise levels, EDM's training loss, the Heun sampler."""

from dmdrepro.diffusion.loss import add_noise, denoising_loss, lognormal_sigmas
from dmdrepro.diffusion.sampler import heun_sample
from dmdrepro.diffusion.schedule import SIGMA_MAX, heun_grid, karras_sigmas

__all__ = [
    "SIGMA_MAX", "add_noise", "denoising_loss", "heun_grid", "heun_sample", "karras_sigmas",
    "lognormal_sigmas",
]  # fmt: skip
