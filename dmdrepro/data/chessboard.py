"""The chessboard: uniform on the black squares, its denoiser exact by truncated normals."""

from __future__ import annotations

import math

import torch

from dmdrepro.data.toy import Toy, levels


class Chessboard(Toy):
    """Uniform on the black cells of a `cells` x `cells` board over [-half_width, half_width]^2.

    The board lies in the first two coordinates, the others are zero (section 3.3). RMS over the
    four coordinates at half_width 2: sqrt(2 * (4 / 3) / 4) = 0.816.
    """

    def __init__(self, ambient_dim: int = 4, half_width: float = 2.0, cells: int = 4) -> None:
        super().__init__(ambient_dim)
        if cells < 1 or half_width <= 0:
            raise ValueError(f"chessboard: cells {cells}, half_width {half_width}; both positive.")
        self.side = 2 * half_width / cells
        edges = [-half_width + self.side * i for i in range(cells)]
        black = [
            (a, b) for i, a in enumerate(edges) for j, b in enumerate(edges) if (i + j) % 2 == 0
        ]
        self.corners = torch.tensor(black)  # [cells^2 / 2, 2], the lower left ones
        self._low = torch.tensor(edges, dtype=torch.float64)
        rows = torch.arange(cells)
        self._black = (rows[:, None] + rows[None, :]) % 2 == 0

    def sample(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, None]:
        """`n` points [n, ambient_dim] float32 on the generator's device, and no labels."""
        device = generator.device
        corners = self.corners.to(device)
        cell = torch.randint(len(corners), (n,), generator=generator, device=device)
        place = torch.rand((n, 2), generator=generator, device=device)
        return self._embedded(corners[cell] + self.side * place), None

    def denoise(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """E[x0 | x0 + sigma eps = x], exact: float64 [B, ambient_dim]; `sigma` a number or [B].

        In a cell the posterior is a product of normals truncated to its sides; the cells are
        weighted by the products of the sides' masses. All in logarithms, so far tails stay finite.
        """
        x, s = x.double(), levels(sigma, x)
        low = self._low.to(x.device)
        log_mass, mean = [], []
        for axis in range(2):
            a = (low - x[:, axis, None]) / s  # [B, cells]
            b = a + self.side / s
            log_z = _log_normal_mass(a, b)
            log_mass.append(log_z)
            # E = x + s (phi(a) - phi(b)) / (Phi(b) - Phi(a)), kept inside the cell.
            ratio = torch.exp(_log_phi(a) - log_z) - torch.exp(_log_phi(b) - log_z)
            inside = x[:, axis, None] + s * ratio
            mean.append(torch.maximum(torch.minimum(inside, low + self.side), low))
        weight = log_mass[0][:, :, None] + log_mass[1][:, None, :]  # [B, cells, cells]
        weight = weight.masked_fill(~self._black.to(x.device), -math.inf)
        weight = weight.flatten(1).softmax(1).reshape(weight.shape)
        first = (weight.sum(2) * mean[0]).sum(1)
        second = (weight.sum(1) * mean[1]).sum(1)
        return self._embedded(torch.stack([first, second], 1))


def _log_phi(t: torch.Tensor) -> torch.Tensor:
    return -0.5 * t * t - 0.5 * math.log(2 * math.pi)


def _log_normal_mass(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """log(Phi(b) - Phi(a)) for a < b, from whichever tail does not cancel."""
    flip = a > 0  # then Phi(b) - Phi(a) = Phi(-a) - Phi(-b)
    low, high = torch.where(flip, -b, a), torch.where(flip, -a, b)
    log_high = torch.special.log_ndtr(high)
    gap = (torch.special.log_ndtr(low) - log_high).clamp_max(-1e-300)
    return log_high + torch.log(-torch.expm1(gap))
