"""The toys' network (appendix D): an MLP of 5 hidden layers with a Fourier time embedding."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from dmdrepro.models.edm import RawNetwork, full_precision
from dmdrepro.models.mlp import Mlp

# The angular frequencies are geometric between these, in units of c_noise = ln(sigma)/4 in
# [-1.6, 1.1]: the slowest orders all noise levels, the fastest has a period of 6.3 in ln(sigma).
SLOWEST, FASTEST = 0.5, 4.0

# sqrt(1 / E[silu(z)^2]), z ~ N(0, 1): keeps the activations' second moment through the layers.
SILU_GAIN = 1.6765


class MlpNetwork(RawNetwork):
    """The raw network F: [c_in x, Fourier features of c_noise, one-hot label], then SiLU layers."""

    def __init__(self, settings: Mlp, dim: int, classes: int) -> None:
        super().__init__()
        width = settings.width
        self.time_features = settings.time_features
        self.feature_shape = (width,)
        sizes = [dim + self.time_features + classes, *[width] * settings.hidden_layers]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        for layer in self.hidden:
            nn.init.normal_(layer.weight, std=SILU_GAIN / layer.in_features**0.5)
            nn.init.zeros_(layer.bias)
        self.out = nn.Linear(width, dim)
        nn.init.zeros_(self.out.weight)  # D starts as c_skip x
        nn.init.zeros_(self.out.bias)

    def features(
        self, x: torch.Tensor, noise: torch.Tensor, class_labels: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(F, h), h the last hidden layer [B, width]; arguments as `forward`."""
        first, *rest = self.hidden
        # The layer that reads the embedding, as the U-Net's: float32 also under autocast.
        with full_precision(noise):
            time = fourier_features(noise, self.time_features).expand(len(x), -1)
            h = torch.cat([x, time] if class_labels is None else [x, time, class_labels], dim=1)
            h = F.silu(first(h))
        for layer in rest:
            h = F.silu(layer(h))
        return self.out(h), h

    def rounded_layers(self) -> dict[str, nn.Module]:
        """All but the first, which reads the noise level in float32."""
        later = {f"hidden.{i}": layer for i, layer in enumerate(self.hidden) if i}
        return later | {"out": self.out}


def fourier_features(noise: torch.Tensor, features: int) -> torch.Tensor:
    """[B, features] cosines, then sines, of `noise` [B] at geometric fixed frequencies."""
    half = features // 2
    ramp = torch.linspace(0, 1, half, device=noise.device)
    angles = noise[:, None] * (SLOWEST * (FASTEST / SLOWEST) ** ramp)
    return torch.cat([angles.cos(), angles.sin()], dim=1)
