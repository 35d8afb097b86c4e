"""The settings of the toys' network (appendix D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmdrepro.models.model import Cost, Model, require_layer
from dmdrepro.settings import LARGEST, require, require_count

if TYPE_CHECKING:
    from dmdrepro.models.mlp_network import MlpNetwork

DEEPEST = 1000  # layers: a network that is made one layer at a time


@dataclass(frozen=True)
class Mlp(Model):
    """An MLP of 5 hidden layers of 384 with a 32-dimensional Fourier time embedding (app. D)."""

    hidden_layers: int = 5
    width: int = 384
    time_features: int = 32

    def __post_init__(self) -> None:
        require_count("model.hidden_layers", self.hidden_layers, most=DEEPEST)
        require_count("model.width", self.width)
        require(
            2 <= self.time_features <= LARGEST and self.time_features % 2 == 0,
            f"model.time_features is {self.time_features}; it must be even (sine and cosine), "
            "2 or more.",
        )

    def check(self, shape: tuple[int, ...]) -> None:
        """Raises ConfigError for samples that are not points, or that make a layer too large."""
        require(
            len(shape) == 1, f"an MLP takes points, and one sample has shape {shape}; use a U-Net."
        )
        require_layer(self.width, self.width * max(self.width, shape[0] + self.time_features))

    def network(self, shape: tuple[int, ...], classes: int) -> MlpNetwork:
        from dmdrepro.models.mlp_network import MlpNetwork

        return MlpNetwork(self, shape[0], classes)

    def cost(self, shape: tuple[int, ...], classes: int = 0) -> Cost:
        """Counted without loading torch."""
        inner = (self.hidden_layers - 1) * self.width**2
        weights = inner + (2 * shape[0] + self.time_features) * self.width
        hidden = self.hidden_layers * self.width
        return Cost(weights + hidden, 2.0 * weights, 2.0 * hidden)
