"""ImageNet at 64x64: its label space; the images are known here only through a teacher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NoReturn, Self

import torch


@dataclass(frozen=True)
class ImageNet64:
    """Shape and classes of conditional ImageNet-64 (appendix A); it has no samples."""

    label_dim: ClassVar[int] = 1000
    training_set: ClassVar[None] = None
    denoise: ClassVar[None] = None

    @property
    def shape(self) -> tuple[int, int, int]:
        return (3, 64, 64)

    def sample(self, n: int, generator: torch.Generator) -> NoReturn:
        """Raises ValueError: neither images nor the teacher's weights are at hand."""
        raise ValueError(
            "ImageNet-64 cannot be sampled: it needs the public teacher's weights, which this "
            "version does not load; use another experiment (see `list`)."
        )

    def to(self, device: torch.device | str) -> Self:
        return self
