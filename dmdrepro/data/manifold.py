"""The MLP manifold of appendix A: random-MLP images of 16 Gaussian numbers, a stripe by class."""

from __future__ import annotations

import copy
import functools
import math
from typing import Self

import torch

STRIPE_OPACITY = 0.8
OUTPUT_GAIN = 0.6  # root mean square of the second layer's output, before its tanh
RMS_SAMPLES = 4096
GRID = 32  # stripes are laid out on a 32x32 image, whatever the resolution


class Manifold:
    def __init__(
        self,
        resolution: int = 32,
        latent_dim: int = 16,
        hidden: int = 256,
        classes: int = 10,
        seed: int = 0,
        smoothing: float = 0.0,
    ) -> None:
        draw = torch.Generator().manual_seed(seed)
        w1 = torch.randn((latent_dim, hidden), generator=draw, dtype=torch.float64)
        b1 = 0.5 * torch.randn((hidden,), generator=draw, dtype=torch.float64)
        w2 = torch.randn((hidden, resolution, resolution), generator=draw, dtype=torch.float64)
        if smoothing > 0:
            i = torch.arange(resolution, dtype=torch.float64)
            ls = smoothing * resolution / 32
            k = torch.exp(-((i[:, None] - i) ** 2) / (2 * ls**2))
            k = k / k.square().sum(1, keepdim=True).sqrt()
            w2 = k @ w2 @ k.T
        self.w1 = (w1 / math.sqrt(latent_dim)).float()
        self.b1 = b1.float()
        self.resolution, self.classes = resolution, classes
        probe = torch.randn((4096, latent_dim), generator=draw)
        h = torch.tanh(probe @ self.w1 + self.b1)
        w2 = w2.flatten(1).float()
        self.w2 = w2 * (OUTPUT_GAIN / (h @ w2).square().mean().sqrt())
        height = GRID // classes
        margin = (GRID - classes * height) // 2
        row = torch.arange(GRID)
        start = margin + height * torch.arange(classes)
        m = ((row >= start[:, None]) & (row < start[:, None] + height)).float()
        m = m.view(classes, resolution, -1).mean(2)  # [classes, R]
        self.mask = STRIPE_OPACITY * m
        self.latent_dim = latent_dim

    label_dim = 10
    @property
    def shape(self): return (1, self.resolution, self.resolution)

    def sample(self, n, generator):
        labels = torch.randint(self.classes, (n,), generator=generator)
        z = torch.randn((n, self.latent_dim), generator=generator)
        base = torch.tanh(torch.tanh(z @ self.w1 + self.b1) @ self.w2).view(n, 1, self.resolution, self.resolution)
        m = self.mask[labels][:, None, :, None]
        return base + m * (1 - base), labels
