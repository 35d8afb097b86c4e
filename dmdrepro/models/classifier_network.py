"""The digits' classifier: three convolutions, a feature layer, ten logits."""

import torch
import torch.nn.functional as F
from torch import nn

from dmdrepro.models.classifier import Classifier

CLASSES = 10


class ClassifierNetwork(nn.Module):
    """Logits [B, 10] of images [B, 1, R, R] in [-1, 1], from torch's global generator."""

    def __init__(self, settings: Classifier) -> None:
        super().__init__()
        resolution, width, features = settings.resolution, settings.width, settings.features
        self.image_shape = (1, resolution, resolution)
        self.convolutions = nn.ModuleList(
            [
                nn.Conv2d(1, width, 3, padding=1),
                nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
                nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1),
            ]
        )
        self.hidden = nn.Linear(4 * width * (resolution // 4) ** 2, features)
        self.out = nn.Linear(features, CLASSES)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """[B, features], none below 0; ValueError for images of another shape."""
        if tuple(x.shape[1:]) != self.image_shape:
            raise ValueError(
                f"images have shape {tuple(x.shape)}; this classifier reads "
                f"[B, {', '.join(map(str, self.image_shape))}]."
            )
        for convolution in self.convolutions:
            x = F.relu(convolution(x))  # [B, C, R, R], then R/2, then R/4
        return F.relu(self.hidden(x.flatten(1)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B, 10] logits."""
        return self.out(self.features(x))
