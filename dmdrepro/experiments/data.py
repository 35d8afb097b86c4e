"""Which data: one frozen dataclass for each data set, refusing what the set itself would refuse."""

from __future__ import annotations

from dataclasses import dataclass

from dmdrepro.experiments.refusal import (
    require,
    require_count,
    require_not_negative,
    require_positive,
)

MNIST_IMAGES = 70_000  # train and test


@dataclass(frozen=True)
class ChessboardData:
    """Uniform on the 8 black cells of a 4x4 board in the first two of `ambient_dim` coordinates."""

    ambient_dim: int = 4
    half_width: float = 2.0
    cells: int = 4

    def __post_init__(self) -> None:
        require_count("data.ambient_dim", self.ambient_dim, 2)
        require_positive("data.half_width", self.half_width)
        require_count("data.cells", self.cells, 2)
        require(self.cells % 2 == 0, f"data.cells is {self.cells} (a side); it must be even.")


@dataclass(frozen=True)
class MoonsData:
    """Two interleaving half circles in the first two of `ambient_dim` coordinates."""

    ambient_dim: int = 4
    radius: float = 1.6  # of the half circles
    sd: float = 0.1  # of the Gaussian noise

    def __post_init__(self) -> None:
        require_count("data.ambient_dim", self.ambient_dim, 2)
        require_positive("data.radius", self.radius)
        require_positive("data.sd", self.sd)


@dataclass(frozen=True)
class RingData:
    """Isotropic Gaussians on a circle (given in the caption of Figure 5)."""

    ambient_dim: int = 4
    components: int = 32
    radius: float = 2.0
    sd: float = 0.2

    def __post_init__(self) -> None:
        require_count("data.ambient_dim", self.ambient_dim, 2)
        require_count("data.components", self.components)
        require_positive("data.radius", self.radius)
        require_positive("data.sd", self.sd)


@dataclass(frozen=True)
class MnistData:
    """MNIST, 70,000 images (train + test), zero-padded to 32x32, range [-1, 1]."""

    resolution: int = 32
    conditional: bool = False

    def __post_init__(self) -> None:
        require(
            self.resolution in (8, 16, 32),
            f"data.resolution is {self.resolution}; MNIST comes at 8, 16 or 32.",
        )


@dataclass(frozen=True)
class ManifoldData:
    """A two-layer random MLP of a 16-dimensional Gaussian with whitened stripes by class."""

    resolution: int = 32
    latent_dim: int = 16
    hidden: int = 256  # width of the random MLP
    bias_sd: float = 0.5  # of its hidden layer's biases
    output_gain: float = 0.9  # its last layer's weights have variance output_gain^2 / hidden
    opacity: float = 0.8  # of a stripe: how far its pixels move towards white
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
            1 <= self.classes <= 32,
            f"data.classes is {self.classes}; the stripes have room for 1 to 32.",
        )
        require_not_negative("data.seed", self.seed)
        require(self.seed < 2**63, f"data.seed is {self.seed}; it must be below 2^63.")


@dataclass(frozen=True)
class ImageNet64Data:
    """ImageNet at 64x64, 1000 classes: only the teacher's weights know it here."""

    classes: int = 1000

    def __post_init__(self) -> None:
        require_count("data.classes", self.classes)


Data = ChessboardData | MoonsData | RingData | MnistData | ManifoldData | ImageNet64Data


def sample_shape(data: Data) -> tuple[int, ...]:
    """Shape of one sample: (D,) of a toy, (channels, resolution, resolution) of an image."""
    if isinstance(data, MnistData | ManifoldData):
        return (1, data.resolution, data.resolution)
    return (3, 64, 64) if isinstance(data, ImageNet64Data) else (data.ambient_dim,)


def class_count(data: Data) -> int:
    """How many classes the networks are told of; 0: they are unconditional."""
    if isinstance(data, MnistData):
        return 10 if data.conditional else 0
    return data.classes if isinstance(data, ManifoldData | ImageNet64Data) else 0
