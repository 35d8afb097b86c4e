"""The random MLP manifold of appendix A: images of 16 Gaussian numbers, a stripe by class."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from dmdrepro.data.dataset import Data
from dmdrepro.settings import require, require_count, require_not_negative, require_positive

if TYPE_CHECKING:
    import torch

GRID = 32  # stripes are laid out on a 32x32 image, whatever the resolution
RMS_SAMPLES = 4096


@dataclass(frozen=True)
class MlpManifold(Data):
    """Images of a `latent_dim`-dimensional manifold in [-1, 1], one for each of `classes` classes.

    x = b + m_c (1 - b), with b = tanh(W2 tanh(W1 z + b1)) and z ~ N(0, I): a two-layer random MLP
    under the stripe m_c of class c. The paper gives z (16), the two layers, 32x32 and 10 classes.
    The rest is ours, fixed by `seed`, not by the run's: W1 ~ N(0, 1 / latent_dim), b1 ~
    N(0, bias_sd^2) so that z and -z differ, W2 ~ N(0, output_gain^2 / hidden), all independent.

    We read "whitened stripes" as horizontal bands: each pixel of the band goes `opacity` of its way
    to 1. Bands do not overlap: class c of ten has rows 1 + 3c to 3 + 3c of 32. At a lower
    resolution the MLP draws fewer pixels at the same amplitude, and the band is the mean over its
    rows. Measured RMS per coordinate of seed 0: 0.5085 at 32, 0.5032 at 16, 0.4956 at 8.
    """

    resolution: int = 32
    latent_dim: int = 16
    hidden: int = 256  # width of the random MLP
    bias_sd: float = 0.5
    output_gain: float = 0.9
    opacity: float = 0.8
    classes: int = 10
    seed: int = 0  # of the random MLP: the data set, not the run

    def __post_init__(self) -> None:
        require(
            self.resolution in (1, 2, 4, 8, 16, 32),
            f"data.resolution is {self.resolution}; the manifold comes at 32, 16, 8, 4, 2 or 1.",
        )
        require_count("data.latent_dim", self.latent_dim)
        require_count("data.hidden", self.hidden)
        require_not_negative("data.bias_sd", self.bias_sd)
        require_positive("data.output_gain", self.output_gain)
        require(0 <= self.opacity <= 1, f"data.opacity is {self.opacity}; it must be in [0, 1].")
        require(
            1 <= self.classes <= GRID,
            f"data.classes is {self.classes}; the stripes have room for 1 to {GRID}.",
        )
        require_not_negative("data.seed", self.seed)
        require(self.seed < 2**63, f"data.seed is {self.seed}; it must be below 2^63.")

    @property
    def shape(self) -> tuple[int, int, int]:
        return (1, self.resolution, self.resolution)

    def make(self, folder=None, offline=False, say=None) -> ManifoldImages:
        return ManifoldImages(self)


class ManifoldImages(Data):
    """The manifold with its random MLP's weights, which is what can be sampled."""

    def __init__(self, settings: MlpManifold) -> None:
        import torch

        self.shape, self.classes = settings.shape, settings.classes
        draw = torch.Generator().manual_seed(settings.seed)
        # Drawn on the CPU in float64, so that every device and precision has the same data set.
        latent_dim, hidden, pixels = settings.latent_dim, settings.hidden, math.prod(self.shape)
        w1, b1, w2 = (
            torch.randn(size, generator=draw, dtype=torch.float64)
            for size in ((latent_dim, hidden), (hidden,), (hidden, pixels))
        )
        self._w1 = (w1 / math.sqrt(latent_dim)).float()
        self._b1 = (settings.bias_sd * b1).float()
        self._w2 = (settings.output_gain / math.sqrt(hidden) * w2).float()
        self._stripes = settings.opacity * stripes(settings.resolution, self.classes)  # [C, R]

    @property
    def rms(self) -> float:
        """Of 4,096 samples: accurate to about half a percent."""
        import torch

        draw = torch.Generator(device=self._w1.device).manual_seed(0)
        return self.sample(RMS_SAMPLES, draw)[0].double().square().mean().sqrt().item()

    def sample(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """(x float32 [n, 1, R, R], uniform classes int64 [n]); ValueError for another device."""
        import torch

        device = self._w1.device
        self._check_device(generator, device)
        labels = torch.randint(self.classes, (n,), generator=generator, device=device)
        z = torch.randn((n, len(self._w1)), generator=generator, device=device)
        return self.image(z, labels), labels

    def image(self, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The images [n, 1, R, R] of latents z [n, latent_dim] in classes `labels` [n]."""
        import torch

        # A GPU's float32 products may be TF32, which would be another data set than a CPU's.
        wide = torch.float64 if z.is_cuda else z.dtype
        w1, b1, w2 = (t.to(wide) for t in (self._w1, self._b1, self._w2))
        hidden = torch.tanh(torch.addmm(b1, z.to(wide), w1))
        base = torch.tanh(hidden @ w2).to(z.dtype).view(-1, *self.shape)
        stripe = self._stripes[labels][:, None, :, None]  # [n, 1, R, 1]
        return torch.lerp(base, base.new_ones(()), stripe)

    def to(self, device: torch.device | str) -> Self:
        moved = copy.copy(self)
        for name in ("_w1", "_b1", "_w2", "_stripes"):
            setattr(moved, name, getattr(self, name).to(device))
        return moved


def stripes(resolution: int, classes: int) -> torch.Tensor:
    """The share of each row in each class's stripe, [classes, resolution]: bands in the middle."""
    import torch

    height = GRID // classes
    first = (GRID - classes * height) // 2 + height * torch.arange(classes)[:, None]
    row = torch.arange(GRID)
    inside = ((row >= first) & (row < first + height)).float()  # [classes, 32]
    return inside.view(classes, resolution, -1).mean(2)
