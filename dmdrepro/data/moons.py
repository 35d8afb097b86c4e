"""Double moons: two interleaving half circles; the denoiser by quadrature along the arcs."""

from __future__ import annotations

import math

import torch

from dmdrepro.data.toy import Toy, levels

NODES = 2000  # along each arc, for the denoiser


class Moons(Toy):
    """Two half circles of `radius`, interleaved, with Gaussian noise of `sd` in the plane.

    The paper gives no law. Ours: the usual double moons (upper arc (cos t, sin t), lower arc
    (1 - cos t, 1/2 - sin t), t uniform on [0, pi]), centred at (1/2, 1/4), scaled by `radius`, in
    the first two coordinates; the others are zero. RMS over the four coordinates at the
    defaults: 0.75 (measured on 10^6 points).
    """

    def __init__(self, ambient_dim: int = 4, radius: float = 1.5, sd: float = 0.08) -> None:
        super().__init__(ambient_dim)
        if radius <= 0 or sd <= 0:
            raise ValueError(f"moons: radius {radius}, sd {sd}; both must be positive.")
        self.radius, self.sd = radius, sd

    def _arcs(self, t: torch.Tensor, lower: torch.Tensor) -> torch.Tensor:
        """[n, 2] points at angle `t` of the upper or the lower arc."""
        sign = 1.0 - 2.0 * lower.to(t.dtype)  # the lower arc is the upper one turned about
        return self.radius * torch.stack([sign * (t.cos() - 0.5), sign * (t.sin() - 0.25)], 1)

    def sample(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, None]:
        """`n` points [n, ambient_dim] float32 on the generator's device, and no labels."""
        device = generator.device
        t = math.pi * torch.rand(n, generator=generator, device=device)
        lower = torch.randint(2, (n,), generator=generator, device=device)
        eps = torch.randn((n, 2), generator=generator, device=device)
        return self._embedded(self._arcs(t, lower) + self.sd * eps), None

    def denoise(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """E[x0 | x0 + sigma eps = x] by the midpoint rule on 2000 nodes an arc.

        Float64 [B, ambient_dim]; `sigma` a number or [B]. The nodes lie much closer than `sd`, so
        the rule's error is below 1e-9.
        """
        x, s = x.double(), levels(sigma, x)
        t = math.pi * (torch.arange(NODES, dtype=torch.float64, device=x.device) + 0.5) / NODES
        lower = torch.arange(2, device=x.device).repeat_interleave(NODES)
        nodes = self._arcs(t.repeat(2), lower)  # [2 NODES, 2]
        total = self.sd**2 + s**2
        sqdist = (x[:, None, :2] - nodes).square().sum(2)  # [B, 2 NODES]
        centre = (-0.5 * sqdist / total).softmax(1) @ nodes
        return self._embedded((self.sd**2 * x[:, :2] + s**2 * centre) / total)
