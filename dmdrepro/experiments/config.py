"""What one experiment is: frozen dataclasses, every choice a named field.

Standard library only, so that `--help`, `list` and `--dry-run` start at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import ClassVar

SIZES = ("smoke", "laptop", "paper")


class ConfigError(ValueError):
    """A configuration that cannot be run; the message is one sentence for the user."""


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise ConfigError(sentence)


# --- data -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChessboardData:
    """Uniform on the 8 black cells of a 4x4 board in the first two of `ambient_dim` coordinates."""

    ambient_dim: int = 4
    half_width: float = 2.0
    cells: int = 4


@dataclass(frozen=True)
class MoonsData:
    """Two interleaving half circles in the first two of `ambient_dim` coordinates."""

    ambient_dim: int = 4


@dataclass(frozen=True)
class RingData:
    """Isotropic Gaussians on a circle (given in the caption of Figure 5)."""

    ambient_dim: int = 4
    components: int = 32
    radius: float = 2.0
    sd: float = 0.2


@dataclass(frozen=True)
class MnistData:
    """MNIST, 70,000 images (train + test), zero-padded to 32x32, range [-1, 1]."""

    resolution: int = 32
    conditional: bool = False

    def __post_init__(self) -> None:
        _require(
            self.resolution in (8, 16, 32),
            f"data.resolution is {self.resolution}; MNIST comes at 8, 16 or 32.",
        )


@dataclass(frozen=True)
class ManifoldData:
    """A two-layer random MLP of a 16-dimensional Gaussian with whitened stripes by class."""

    resolution: int = 32
    latent_dim: int = 16
    classes: int = 10
    seed: int = 0  # of the random MLP: the data set, not the run


@dataclass(frozen=True)
class ImageNet64Data:
    """ImageNet at 64x64, 1000 classes: only the teacher's weights know it here."""

    classes: int = 1000


# --- networks ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mlp:
    """The toys' network: 5 hidden layers of 384, 32-dimensional Fourier time embedding (app. D)."""

    hidden_layers: int = 5
    width: int = 384
    time_features: int = 32

    def __post_init__(self) -> None:
        _require(self.hidden_layers >= 1, "model.hidden_layers must be at least 1.")
        _require(self.width >= 1, "model.width must be at least 1.")
        _require(
            self.time_features >= 2 and self.time_features % 2 == 0,
            "model.time_features must be even and at least 2 (sine and cosine).",
        )


@dataclass(frozen=True)
class AdmUnet:
    """The images' network: the ADM U-Net at the paper's MNIST size (appendix D)."""

    width: int = 64
    channel_mult: tuple[int, ...] = (1, 2, 3, 4)
    num_blocks: int = 3
    attn_resolutions: tuple[int, ...] = (32, 16, 8)

    def __post_init__(self) -> None:
        _require(self.width >= 4 and self.width % 4 == 0, "model.width must be a multiple of 4.")
        _require(len(self.channel_mult) >= 1, "model.channel_mult needs at least one level.")
        _require(self.num_blocks >= 1, "model.num_blocks must be at least 1.")


# --- stages -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Teacher:
    """How the teacher is trained; the paper leaves all but the iterations open."""

    snapshots: tuple[int, ...] = (8192,)  # a snapshot, and a student, at each; one run
    batch: int = 128
    lr: float = 2e-4
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0
    warmup: int = 200
    grad_clip: float = 1.0
    p_mean: float = -1.2  # ln sigma ~ N(p_mean, p_std^2)
    p_std: float = 1.2
    ema_fraction: float = 0.05  # EMA half-life, as a fraction of the iterations so far

    def __post_init__(self) -> None:
        _require(bool(self.snapshots), "teacher.snapshots must name at least one iteration.")
        _require(
            list(self.snapshots) == sorted(set(self.snapshots)) and self.snapshots[0] >= 1,
            f"teacher.snapshots must be ascending, distinct and positive; got {self.snapshots}.",
        )
        _require(self.batch >= 1, "teacher.batch must be at least 1.")
        _require(self.lr > 0, "teacher.lr must be positive.")
        _require(self.p_std > 0, "teacher.p_std must be positive.")
        _require(self.warmup >= 0, "teacher.warmup must not be negative.")
        _require(self.grad_clip > 0, "teacher.grad_clip must be positive.")
        _require(0 < self.ema_fraction <= 1, "teacher.ema_fraction must be in (0, 1].")


@dataclass(frozen=True)
class Distill:
    """DMD2's distillation without GAN and regression; the paper's values (appendix D)."""

    iterations: int = 50_000
    batch: int = 32
    lr: float = 2e-6
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.01
    warmup: int = 500  # counted in iterations, for both networks
    grad_clip: float = 10.0
    student_every: int = 5  # one generator update per so many fake-score updates
    noise_levels: int = 1000  # Karras levels, ascending
    dm_min: float = 0.02  # DM noise-level index: uniform on [dm_min, dm_max] * noise_levels
    dm_max: float = 0.98
    gan: bool = False
    gan_weight_student: float = 3e-3
    gan_weight_fake: float = 1e-2

    def __post_init__(self) -> None:
        _require(self.iterations >= 1, "distill.iterations must be at least 1.")
        _require(self.batch >= 1, "distill.batch must be at least 1.")
        _require(self.lr > 0, "distill.lr must be positive.")
        _require(self.warmup >= 0, "distill.warmup must not be negative.")
        _require(self.grad_clip > 0, "distill.grad_clip must be positive.")
        _require(self.student_every >= 1, "distill.student_every must be at least 1.")
        _require(self.noise_levels >= 2, "distill.noise_levels must be at least 2.")
        _require(
            0 <= self.dm_min < self.dm_max <= 1,
            f"distill.dm_min and dm_max must satisfy 0 <= dm_min < dm_max <= 1; "
            f"got {self.dm_min} and {self.dm_max}.",
        )


@dataclass(frozen=True)
class Sampling:
    """How many samples, for the same noise, and what for."""

    pairing: int = 1000  # N of Delta_E: the first so many
    total: int = 2000  # drawn and stored: the PCA figures show them all
    heatmap: int = 100  # Figures 3 and 10
    batch: int = 500  # in one network call

    def __post_init__(self) -> None:
        _require(
            2 <= self.heatmap <= self.pairing <= self.total,
            "sampling must satisfy 2 <= heatmap <= pairing <= total; "
            f"got {self.heatmap}, {self.pairing}, {self.total}.",
        )
        _require(self.batch >= 1, "sampling.batch must be at least 1.")


Data = ChessboardData | MoonsData | RingData | MnistData | ManifoldData | ImageNet64Data
Model = Mlp | AdmUnet


@dataclass(frozen=True)
class Experiment:
    """One experiment, resolved: the fields' defaults are the paper's size.

    `REDUCED` states, per smaller size, each field that differs from it.
    """

    REDUCED: ClassVar[dict[str, dict[str, object]]] = {"laptop": {}, "smoke": {}}
    PAPER: ClassVar[str] = ""  # where in the paper
    NEEDS: ClassVar[str] = ""  # what it needs that the program cannot make
    CONDITIONAL: ClassVar[bool] = False

    name: str
    data: Data
    model: Model
    sigma_data: float = 0.5
    teacher: Teacher = field(default_factory=Teacher)
    distill: Distill = field(default_factory=Distill)
    sampling: Sampling = field(default_factory=Sampling)
    precision: str = "float32"  # of the networks' compute; weights and preconditioning stay float32
    size: str = "paper"
    seed: int = 0

    def __post_init__(self) -> None:
        _require(self.sigma_data > 0, "sigma_data must be positive.")
        _require(
            self.precision in ("float32", "bfloat16"),
            f"precision is {self.precision!r}; use float32 or bfloat16.",
        )
        _require(self.seed >= 0, f"seed is {self.seed}; it must not be negative.")

    @property
    def folder(self) -> str:
        """Where this experiment's run lies below the runs folder."""
        return f"{self.size}/seed{self.seed}/{self.name}"

    def as_dict(self) -> dict[str, object]:
        """The resolved configuration as plain JSON values."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: object) -> object:
    if hasattr(value, "__dataclass_fields__"):
        return {key: _plain(inner) for key, inner in asdict(value).items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value
