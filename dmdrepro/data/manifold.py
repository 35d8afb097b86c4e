"""The MLP manifold: random-MLP images of a Gaussian, with whitened stripes by class."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

STRIPES = 2  # rows (even classes) or columns (odd classes) of a class's band
STRIPE_VALUE = 1.0  # "whitened": set to the top of the range [-1, 1]


class Manifold:
    """Images [1, R, R] on a 16-dimensional manifold in [-1, 1], ten classes (appendix A).

    The paper gives the idea; widths and stripe law are ours. u ~ N(0, I) in R^latent_dim;
    h = tanh(W1 u + b1) with `hidden` units; image = tanh(W2 h + b2) * 0.8, the weights drawn once
    from `seed` (W1 ~ N(0, 1 / latent_dim), b1 ~ N(0, 0.25); W2 ~ N(0, 2 / hidden), b2 ~ N(0, 0.1)),
    W2 and b2 smoothed twice over 5x5 pixels and rescaled, so that neighbours agree as in an image.
    Class c whitens a band of 2 R / 32 pixels (at least 1), horizontal for even c and vertical for
    odd c, at (c // 2 + 1) sixths of the image. RMS about the mean at 32x32: 0.49 (measured).
    """

    training_set = None
    denoise = None

    def __init__(
        self,
        resolution: int = 32,
        latent_dim: int = 16,
        hidden: int = 256,
        classes: int = 10,
        seed: int = 0,
    ) -> None:
        if resolution < 8 or latent_dim < 1 or hidden < 1 or not 1 <= classes <= 10:
            raise ValueError(
                f"manifold: resolution {resolution}, latent_dim {latent_dim}, hidden {hidden}, "
                f"classes {classes}; use resolution >= 8 and 1 to 10 classes."
            )
        self.shape, self.label_dim = (1, resolution, resolution), classes
        self.latent_dim = latent_dim
        draw = torch.Generator().manual_seed(seed)
        self.w1 = torch.randn((latent_dim, hidden), generator=draw) / math.sqrt(latent_dim)
        self.b1 = 0.5 * torch.randn(hidden, generator=draw)
        w2 = torch.randn((hidden, 1, 32, 32), generator=draw)
        b2 = torch.randn((1, 1, 32, 32), generator=draw)
        # Drawn at 32x32 whatever the resolution: a smaller image is the same picture, pooled.
        self.w2 = _smooth(w2, resolution).reshape(hidden, -1) * math.sqrt(2 / hidden)
        self.b2 = _smooth(b2, resolution).reshape(-1) * math.sqrt(0.1)
        self.bands = torch.stack([_band(c, resolution) for c in range(classes)])  # [classes, R, R]

    def to(self, device: torch.device | str) -> Manifold:
        """The same manifold on `device`."""
        moved = object.__new__(Manifold)
        moved.__dict__ = {
            name: value.to(device) if isinstance(value, torch.Tensor) else value
            for name, value in self.__dict__.items()
        }
        return moved

    def sample(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Images [n, 1, R, R] float32 and classes [n] on the generator's device.

        The manifold must be on that device (`.to`).
        """
        device = generator.device
        u = torch.randn((n, self.latent_dim), generator=generator, device=device)
        labels = torch.randint(self.label_dim, (n,), generator=generator, device=device)
        h = torch.tanh(u @ self.w1 + self.b1)
        images = 0.8 * torch.tanh(h @ self.w2 + self.b2).reshape(n, *self.shape)
        return torch.where(self.bands[labels][:, None], STRIPE_VALUE, images), labels


def _smooth(fields: torch.Tensor, resolution: int) -> torch.Tensor:
    """White fields [n, 1, 32, 32], smoothed twice over 5x5, pooled, scaled to variance 1."""
    for _ in range(2):
        fields = F.avg_pool2d(F.pad(fields, (2, 2, 2, 2), mode="circular"), 5, stride=1)
    if resolution != 32:
        fields = F.interpolate(fields, size=(resolution, resolution), mode="area")
    return fields / fields.std()


def _band(label: int, resolution: int) -> torch.Tensor:
    """The pixels [R, R] that a class whitens."""
    width = max(1, round(STRIPES * resolution / 32))
    start = round((label // 2 + 1) * resolution / 6) - width // 2
    line = torch.zeros(resolution, dtype=torch.bool)
    line[start : start + width] = True
    shape = (resolution, resolution)
    return line[:, None].expand(shape) if label % 2 == 0 else line[None, :].expand(shape)
