"""What the three toys share: a plane in `ambient_dim` coordinates, nothing stored, no classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmdrepro.data.dataset import Data
from dmdrepro.settings import require_count

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Toy(Data):
    """A law whose structure lies in the first two of `ambient_dim` coordinates."""

    exact = True

    ambient_dim: int = 4

    def __post_init__(self) -> None:
        require_count("data.ambient_dim", self.ambient_dim, 2)

    @property
    def shape(self) -> tuple[int]:
        return (self.ambient_dim,)

    def _noisy(
        self, x: torch.Tensor, sigma: torch.Tensor | float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """x [B, ambient_dim] and sigma [1 or B, 1], both float64 on the device of `x`."""
        import torch

        given = f"{type(self).__name__}.denoise was given"
        if x.ndim != 2 or x.shape[1] != self.ambient_dim:
            raise ValueError(f"{given} x of shape {tuple(x.shape)}; pass [B, {self.ambient_dim}].")
        sigma = torch.as_tensor(sigma, dtype=torch.float64, device=x.device).reshape(-1, 1)
        if len(sigma) not in (1, len(x)):
            raise ValueError(
                f"{given} {len(sigma)} noise levels for {len(x)} samples; pass one or {len(x)}."
            )
        if not bool(((sigma > 0) & sigma.isfinite()).all()):
            raise ValueError(
                f"{given} a noise level that is not positive and finite; pass sigma > 0."
            )
        return x.double(), sigma

    def _embedded(self, plane: torch.Tensor) -> torch.Tensor:
        """[B, ambient_dim] with `plane` [B, 2] in the first two coordinates; the others are 0."""
        import torch

        return torch.nn.functional.pad(plane, (0, self.ambient_dim - 2))
