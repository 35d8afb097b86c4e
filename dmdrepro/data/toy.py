"""What the three toys share: a plane in `ambient_dim` coordinates, nothing stored, no classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import torch


@dataclass(frozen=True)
class Toy:
    """A law whose structure lies in the first two of `ambient_dim` coordinates."""

    label_dim: ClassVar[int] = 0
    training_set: ClassVar[None] = None

    ambient_dim: int = 4

    def __post_init__(self) -> None:
        if self.ambient_dim < 2:
            raise ValueError(
                f"{type(self).__name__} has ambient_dim {self.ambient_dim}; it needs at least 2."
            )

    @property
    def shape(self) -> tuple[int]:
        return (self.ambient_dim,)

    def to(self, device: torch.device | str) -> Self:
        """Itself: a toy holds no tensors and samples on the generator's device."""
        return self

    def _noisy(
        self, x: torch.Tensor, sigma: torch.Tensor | float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """x [B, ambient_dim] and sigma [1 or B, 1], both float64 on the device of `x`."""
        if x.ndim != 2 or x.shape[1] != self.ambient_dim:
            raise ValueError(
                f"{type(self).__name__}.denoise was given x of shape {tuple(x.shape)}; "
                f"pass [B, {self.ambient_dim}]."
            )
        sigma = torch.as_tensor(sigma, dtype=torch.float64, device=x.device).reshape(-1, 1)
        if len(sigma) not in (1, len(x)):
            raise ValueError(
                f"{type(self).__name__}.denoise was given {len(sigma)} noise levels for "
                f"{len(x)} samples; pass one, or one for each."
            )
        if not bool(((sigma > 0) & sigma.isfinite()).all()):
            raise ValueError(
                f"{type(self).__name__}.denoise was given a noise level that is not positive "
                "and finite; pass sigma > 0."
            )
        return x.double(), sigma
