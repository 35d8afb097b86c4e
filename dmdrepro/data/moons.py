"""The double moons of appendix A (Figure 5, top row)."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmdrepro.data.toy import Toy
from dmdrepro.settings import require_positive

if TYPE_CHECKING:
    import torch

NODES = 512  # Gauss-Legendre nodes on each half circle
CHUNK = 4096  # samples denoised at once: [CHUNK, 2 NODES] float64 is 32 MiB


@dataclass(frozen=True)
class Moons(Toy):
    """Two interleaving half circles with Gaussian noise in the first two coordinates; else 0.

    In units of `radius`, for t uniform on [0, pi]: (cos t, sin t) and (1 - cos t, 1/2 - sin t),
    equally likely, moved by (-1/2, -1/4) so that each is the other turned by pi about 0; then noise
    of standard deviation `sd`. The paper gives neither scale nor noise: we take radius 1.6 and sd
    0.1, as wide as the other toys (about [-2.4, 2.4] x [-1.2, 1.2]). RMS per coordinate:
    sqrt((radius^2 (21/16 - 1/pi) + 2 sd^2) / ambient_dim), exactly; 0.8008 by default.
    """

    radius: float = 1.6
    sd: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive("data.radius", self.radius)
        require_positive("data.sd", self.sd)

    @property
    def rms(self) -> float:
        on_arc = self.radius**2 * (21 / 16 - 1 / math.pi)
        return math.sqrt((on_arc + 2 * self.sd**2) / self.ambient_dim)

    def sample(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, None]:
        import torch

        device = generator.device
        t = math.pi * torch.rand((n,), generator=generator, device=device)
        sign = 2.0 * torch.randint(2, (n,), generator=generator, device=device) - 1
        noise = torch.randn((n, 2), generator=generator, device=device)
        return self._embedded(sign[:, None] * self._upper(t) + self.sd * noise), None

    def denoise(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """E[x0 | x0 + sigma eps = x], float64 [B, ambient_dim], by quadrature along the moons.

        Given its point on a moon, x0 is Gaussian; an integral over t is left. The integrand is
        analytic, so 512 Gauss-Legendre nodes on each moon leave only rounding (relative 1e-12) if
        |x| radius / (sd^2 + sigma^2) is below about 1e4: |x| < 60 at the lowest noise. It is finite
        everywhere. `x`: [B, ambient_dim]; `sigma`: a positive number or [B]. Raises ValueError on
        other shapes or levels.
        """
        import torch

        x, sigma = self._noisy(x, sigma)
        t, log_weight = (q.to(x.device) for q in _quadrature(NODES))
        upper = self._upper(t)
        points = torch.cat((upper, -upper))  # [2 NODES, 2]
        prior = torch.cat((log_weight, log_weight))
        variance = self.sd**2 + sigma.square()  # [1 or B, 1]
        parts = [
            ((part @ points.T - points.square().sum(1) / 2) / v + prior).softmax(1) @ points
            for part, v in zip(
                x[:, :2].split(CHUNK), variance.expand(len(x), 1).split(CHUNK), strict=True
            )
        ]
        plane = (self.sd**2 * x[:, :2] + sigma.square() * torch.cat(parts)) / variance
        return self._embedded(plane)

    def _upper(self, t: torch.Tensor) -> torch.Tensor:
        """The upper moon at t [n], as [n, 2]; the lower one is its negative."""
        import torch

        return self.radius * torch.stack((t.cos() - 0.5, t.sin() - 0.25), dim=1)


@functools.cache
def _quadrature(nodes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Gauss-Legendre nodes on [0, pi] and their log weights (up to a constant), float64."""
    import numpy as np
    import torch

    t, weight = np.polynomial.legendre.leggauss(nodes)
    return torch.from_numpy((t + 1) * (math.pi / 2)), torch.from_numpy(weight).log()
