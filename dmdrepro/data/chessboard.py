"""The chessboard of section 3.3: uniform on the black cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmdrepro.data.toy import Toy
from dmdrepro.settings import require, require_count, require_positive

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Chessboard(Toy):
    """Uniform on the black cells of a board in the first two coordinates; the others are 0.

    The board is [-half_width, half_width]^2 with `cells` x `cells` cells (an even number). Cells
    with even column + row, such as the lower left one, are black. The paper gives 4x4 and R^4; the
    width is our choice. RMS per coordinate: half_width sqrt(2 / (3 ambient_dim)), exactly, for each
    of the two coordinates is uniform by itself; 0.8165 by default.
    """

    half_width: float = 2.0
    cells: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive("data.half_width", self.half_width)
        require_count("data.cells", self.cells, 2)
        require(self.cells % 2 == 0, f"data.cells is {self.cells} (a side); it must be even.")

    @property
    def rms(self) -> float:
        return self.half_width * math.sqrt(2 / (3 * self.ambient_dim))

    def sample(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, None]:
        import torch

        device, half = generator.device, self.cells // 2
        cell = torch.randint(self.cells * half, (n,), generator=generator, device=device)
        column = cell // half
        row = 2 * (cell % half) + column % 2
        corner = torch.stack((column, row), dim=1)  # [n, 2]
        within = torch.rand((n, 2), generator=generator, device=device)
        plane = (corner + within) * (2 * self.half_width / self.cells) - self.half_width
        return self._embedded(plane), None

    def denoise(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """E[x0 | x0 + sigma eps = x], float64 [B, ambient_dim]: a mixture of truncated normals.

        `x`: [B, ambient_dim]; `sigma`: a positive number or [B]. Accurate however far from the
        board. Raises ValueError on other shapes or levels.
        """
        import torch

        from dmdrepro.data.truncated_normal import interval_moments

        x, sigma = self._noisy(x, sigma)
        edges = torch.linspace(
            -self.half_width, self.half_width, self.cells + 1, dtype=torch.float64, device=x.device
        )
        log_mass, mean = interval_moments(
            x[:, :2, None], sigma[:, :, None], edges[:-1], edges[1:]
        )  # both [B, 2, cells]
        number = torch.arange(self.cells, device=x.device)
        white = (number[:, None] + number) % 2 == 1
        logits = log_mass[:, 0, :, None] + log_mass[:, 1, None, :]  # [B, column, row]
        weight = logits.masked_fill(white, -math.inf).flatten(1).softmax(1).view_as(logits)
        columns, rows = (weight.sum(2) * mean[:, 0]).sum(1), (weight.sum(1) * mean[:, 1]).sum(1)
        return self._embedded(torch.stack((columns, rows), dim=1))
