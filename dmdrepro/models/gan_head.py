"""The optional GAN's head on the fake score network's features (section 4.1.1, as in DMD2)."""

import torch
from torch import nn

from dmdrepro.models.adm_block import group_norm

SMALLEST = 2  # pixels: features are halved down to this resolution, then read by one convolution


class GanHead(nn.Module):
    """Logits [B] from features [B, C, H, W] (strided convolutions) or [B, C] (a small MLP).

    Raises ValueError for another shape of features, and if C cannot be group-normalised.
    """

    def __init__(self, feature_shape: tuple[int, ...]) -> None:
        super().__init__()
        self.feature_shape = tuple(feature_shape)
        if len(feature_shape) == 1:
            width = feature_shape[0]
            self.layers = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1))
        elif len(feature_shape) == 3:
            self.layers = _convolutions(*feature_shape)
        else:
            raise ValueError(f"feature_shape is {feature_shape}; give (C, H, W) or (C,).")

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        """[B] logits, positive = real, of features [B, *feature_shape]; ValueError otherwise."""
        if tuple(h.shape[1:]) != self.feature_shape:
            raise ValueError(
                f"features have shape {tuple(h.shape)}; this head reads [B, *{self.feature_shape}]."
            )
        return self.layers(h).reshape(len(h))


def _convolutions(channels: int, height: int, width: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    while min(height, width) > SMALLEST:
        layers += [
            nn.Conv2d(channels, channels, 4, stride=2, padding=1),
            group_norm(channels),
            nn.SiLU(),
        ]
        height, width = height // 2, width // 2
    # One last nonlinearity at the resolution that is left, even if nothing was halved.
    layers += [nn.Conv2d(channels, channels, 1), group_norm(channels), nn.SiLU()]
    layers.append(nn.Conv2d(channels, 1, (height, width)))  # [B, 1, 1, 1]
    return nn.Sequential(*layers)
