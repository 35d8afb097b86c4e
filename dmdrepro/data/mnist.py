"""MNIST as images in [-1, 1], at 32x32 or reduced."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F


class MnistDataset:
    """The 70,000 images (train + test), zero-padded from 28x28 to 32x32, range [-1, 1].

    `resolution` 16 or 8: means over 2x2 or 4x4 pixels of the padded image. `training_set`:
    [70000, 1, R, R] float32; `labels`: [70000] int64.
    """

    denoise = None

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        resolution: int = 32,
        conditional: bool = False,
    ) -> None:
        """`images`: uint8 [M, 28, 28]; `labels`: [M]; raises ValueError for other shapes."""
        if images.ndim != 3 or images.shape[1:] != (28, 28) or len(images) != len(labels):
            raise ValueError(
                f"MNIST images have shape {images.shape} and labels {labels.shape}; "
                "pass [M, 28, 28] and [M]."
            )
        if resolution not in (8, 16, 32):
            raise ValueError(f"resolution is {resolution}; MNIST comes at 8, 16 or 32.")
        pixels = F.pad(torch.from_numpy(images).float(), (2, 2, 2, 2))[:, None]  # black is 0
        if resolution != 32:
            pixels = F.avg_pool2d(pixels, 32 // resolution)
        self.training_set = pixels / 127.5 - 1.0
        self.labels = torch.from_numpy(labels.astype(np.int64))
        self.conditional = conditional
        self.shape = (1, resolution, resolution)
        self.label_dim = 10 if conditional else 0

    def to(self, device: torch.device | str) -> MnistDataset:
        """The same data on `device`."""
        moved = object.__new__(MnistDataset)
        moved.__dict__ = {
            name: value.to(device) if isinstance(value, torch.Tensor) else value
            for name, value in self.__dict__.items()
        }
        return moved

    def sample(
        self, n: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """`n` images drawn with replacement, and their classes where conditional."""
        device = generator.device
        which = torch.randint(len(self.training_set), (n,), generator=generator, device=device)
        return self.training_set[which], self.labels[which] if self.conditional else None
