"""The classifier whose features measure images: the same for every run of a size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmdrepro.settings import require, require_count

if TYPE_CHECKING:
    from dmdrepro.models.classifier_network import ClassifierNetwork


@dataclass(frozen=True)
class Classifier:
    """A small convolutional network that tells MNIST's digits apart, and its training (Adam)."""

    resolution: int
    width: int = 16  # channels of the first of three convolutions; each next has twice as many
    features: int = 64
    iterations: int = 1500
    batch: int = 128
    lr: float = 2e-3  # falls linearly to 0
    held_out: int = 10_000  # the last images: MNIST's own test part
    seed: int = 0

    def __post_init__(self) -> None:
        require(
            self.resolution >= 4 and self.resolution % 4 == 0,
            f"resolution is {self.resolution}; it is halved twice: a multiple of 4.",
        )
        require_count("width", self.width)
        require_count("features", self.features)

    @property
    def folder(self) -> str:
        """Where it lies below a size's folder."""
        return f"classifier-mnist-{self.resolution}"

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"MNIST {self.resolution}x{self.resolution}"

    def make(self) -> ClassifierNetwork:
        """The network, initialised from torch's global generator."""
        from dmdrepro.models.classifier_network import ClassifierNetwork

        return ClassifierNetwork(self)

    @property
    def parameters(self) -> int:
        w, pooled = self.width, (self.resolution // 4) ** 2
        convolutions = 10 * w + (9 * w + 1) * 2 * w + (18 * w + 1) * 4 * w
        return convolutions + (4 * w * pooled + 1) * self.features + (self.features + 1) * 10

    @property
    def flops(self) -> float:
        """Multiply-add FLOPs of one forward pass of one image."""
        w, pixels = self.width, self.resolution**2
        convolutions = 9 * w * pixels + 18 * w * w * (pixels // 4) + 72 * w * w * (pixels // 16)
        return 2.0 * (convolutions + 4 * w * (pixels // 16) * self.features)
