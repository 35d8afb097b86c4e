"""The ring of Gaussians of appendix A (Figure 5, bottom row)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmdrepro.data.toy import Toy
from dmdrepro.settings import require_count, require_positive

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Ring(Toy):
    """Equal isotropic Gaussians of standard deviation `sd`, means on a circle about 0.

    The means lie at angles 2 pi k / components in the first two coordinates (Figure 5: 32
    components, radius 2, sd 0.2, R^4). RMS per coordinate: sqrt(radius^2 / ambient_dim + sd^2),
    exactly; 1.0198.
    """

    components: int = 32
    radius: float = 2.0
    sd: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        require_count("data.components", self.components)
        require_positive("data.radius", self.radius)
        require_positive("data.sd", self.sd)

    @property
    def rms(self) -> float:
        return math.sqrt(self.radius**2 / self.ambient_dim + self.sd**2)

    def sample(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, None]:
        import torch

        device = generator.device
        component = torch.randint(self.components, (n,), generator=generator, device=device)
        x = self.sd * torch.randn((n, self.ambient_dim), generator=generator, device=device)
        x[:, :2] += self._means(component.double()).float()
        return x, None

    def denoise(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """E[x0 | x0 + sigma eps = x], float64 [B, ambient_dim]: a Gaussian mixture's.

        `x`: [B, ambient_dim]; `sigma`: a positive number or [B]. Raises ValueError on others.
        """
        import torch

        x, sigma = self._noisy(x, sigma)
        means = self._means(
            torch.arange(self.components, dtype=torch.float64, device=x.device)
        )  # [components, 2]
        variance = self.sd**2 + sigma.square()  # [1 or B, 1]
        # All means are equally long, so only x . mean tells the components apart.
        nearest = (x[:, :2] @ means.T / variance).softmax(1) @ means  # E[mean | x], [B, 2]
        denoised = x * (self.sd**2 / variance)
        denoised[:, :2] += nearest * (sigma.square() / variance)
        return denoised

    def _means(self, component: torch.Tensor) -> torch.Tensor:
        import torch

        angle = component * (2 * math.pi / self.components)
        return self.radius * torch.stack((angle.cos(), angle.sin()), dim=1)
