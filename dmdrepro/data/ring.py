"""The ring: Gaussians on a circle, the denoiser that of a Gaussian mixture."""

from __future__ import annotations

import math

import torch

from dmdrepro.data.toy import Toy, levels


class Ring(Toy):
    """`components` isotropic Gaussians of `sd` in R^ambient_dim, means on a circle of `radius`.

    Given in the caption of Figure 5: 32 components, radius 2, sd 0.2 in all four coordinates.
    RMS over the coordinates: sqrt((radius^2 + 4 sd^2) / 4) = 1.020.
    """

    def __init__(
        self, ambient_dim: int = 4, components: int = 32, radius: float = 2.0, sd: float = 0.2
    ) -> None:
        super().__init__(ambient_dim)
        if components < 1 or radius <= 0 or sd <= 0:
            raise ValueError(
                f"ring: components {components}, radius {radius}, sd {sd}; all must be positive."
            )
        self.sd = sd
        angle = 2 * math.pi * torch.arange(components, dtype=torch.float64) / components
        plane = radius * torch.stack([angle.cos(), angle.sin()], 1)
        self.means = self._embedded(plane)  # [components, ambient_dim] float64

    def sample(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, None]:
        """`n` points [n, ambient_dim] float32 on the generator's device, and no labels."""
        device = generator.device
        which = torch.randint(len(self.means), (n,), generator=generator, device=device)
        eps = torch.randn((n, self.ambient_dim), generator=generator, device=device)
        return self.means.float().to(device)[which] + self.sd * eps, None

    def denoise(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """E[x0 | x0 + sigma eps = x], exact: float64 [B, ambient_dim]; `sigma` a number or [B]."""
        x, s = x.double(), levels(sigma, x)
        means = self.means.to(x.device)
        total = self.sd**2 + s**2  # [B or 1, 1]
        sqdist = (x[:, None] - means).square().sum(2)  # [B, components]
        weight = (-0.5 * sqdist / total).softmax(1)
        return (self.sd**2 * x + s**2 * (weight @ means)) / total
