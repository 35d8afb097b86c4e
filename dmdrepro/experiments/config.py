"""What one experiment is: frozen dataclasses, every choice a named field.

Nothing here loads torch, so `--help`, `list` and `--dry-run` start at once.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from dmdrepro.data import Data
from dmdrepro.experiments.origin import ORIGINS
from dmdrepro.experiments.parts import check_parts
from dmdrepro.experiments.sampling import Sampling
from dmdrepro.models import Model
from dmdrepro.models.classifier import Classifier
from dmdrepro.settings import (
    added,
    plain,
    require,
    require_count,
    require_not_negative,
    require_positive,
)

SIZES = ("smoke", "laptop", "laptop-32", "paper")


def size_words(size: str) -> str:
    """`laptop (reduced)`: every size but the paper's says so."""
    return size if size == "paper" else f"{size} (reduced)"


# Of sigma_data: its square and inverse square stay within float32 beside those of the noise levels.
SMALLEST_SCALE, LARGEST_SCALE = 1e-6, 1e6
LARGEST_RATE = 3e38  # a learning rate is a float32 number


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
        require(bool(self.snapshots), "teacher.snapshots must name at least one iteration.")
        _check_snapshots("teacher", self.snapshots)
        _check_training("teacher", self)
        require_positive("teacher.p_std", self.p_std)
        require(0 < self.ema_fraction <= 1, "teacher.ema_fraction must be in (0, 1].")


@dataclass(frozen=True)
class Distill:
    """DMD2's distillation without GAN and regression; the paper's values (appendix D)."""

    iterations: int = 50_000
    # The student is kept, and evaluated, after these too; those past the end are passed over.
    snapshots: tuple[int, ...] = (1_000, 5_000, 10_000, 25_000)
    # The student's first weights: the teacher's; "random": its last layer is 0, so G(z) = c_skip z;
    # "exact", of a toy: the teacher's, fitted to the data's exact denoiser at sigma = 80.
    start: str = "teacher"
    # Whose score pulls the student, and whose samples Phi_K are: the teacher's; or "exact", of a
    # toy: the data's exact denoiser. Then the trained teacher gives only the first weights.
    real_score: str = "teacher"
    batch: int = 32
    lr: float = 2e-6
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.01
    warmup: int = 500  # counted in iterations, for both networks
    # From this iteration on both networks' rate is a tenth; 0: it stays.
    tenth_from: int = added(0, before=0)
    # From this iteration on the kept student is the mean of its weights after each update since; 0:
    # its weights. The training is the same.
    average_from: int = added(0, before=0)
    grad_clip: float = 10.0
    student_every: int = 5  # the student is updated every 5 iterations, the fake score at each
    noise_levels: int = 1000  # Karras levels, ascending
    # DM noise-level index: uniform on [dm_min, dm_max] * noise_levels, the paper's [2%, 98%].
    dm_min: float = 0.02
    dm_max: float = 0.98
    regression_weight: float = 0.0  # of mean |G(z) - Phi_8(z)|^2, which asks for the pairing
    gan: bool = False
    gan_weight_student: float = 3e-3
    gan_weight_fake: float = 1e-2

    def __post_init__(self) -> None:
        require_count("distill.iterations", self.iterations)
        if self.snapshots:
            _check_snapshots("distill", self.snapshots)
        require(
            self.start in ("teacher", "random", "exact"),
            f"distill.start is {self.start!r}; use teacher, random or exact.",
        )
        require(
            self.real_score in ("teacher", "exact"),
            f"distill.real_score is {self.real_score!r}; use teacher or exact.",
        )
        _check_training("distill", self)
        require_count("distill.student_every", self.student_every)
        for name in ("tenth_from", "average_from"):
            start = getattr(self, name)
            require_count(f"distill.{name}", start, 0)
            require(
                start < self.iterations,
                f"distill.{name} is {start:,}; it must be before the end, {self.iterations:,}.",
            )
        require(
            self.first_averaged < self.iterations,
            f"distill.average_from is {self.average_from:,}; no update of the student is left from "
            f"there to the end, {self.iterations:,}.",
        )
        require_count("distill.noise_levels", self.noise_levels, 2)
        require(
            0 <= self.dm_min < self.dm_max <= 1,
            f"distill.dm_min and dm_max must satisfy 0 <= dm_min < dm_max <= 1; "
            f"got {self.dm_min} and {self.dm_max}.",
        )
        # As draw_levels rounds it: the highest index is noise_levels - 1.
        first, last = (round(part * self.noise_levels) for part in (self.dm_min, self.dm_max))
        require(
            first <= min(last, self.noise_levels - 1),
            f"distill.dm_min={self.dm_min} and dm_max={self.dm_max} leave none of the "
            f"{self.noise_levels} noise levels; widen the interval.",
        )
        require_not_negative("distill.regression_weight", self.regression_weight)
        require_not_negative("distill.gan_weight_student", self.gan_weight_student)
        require_not_negative("distill.gan_weight_fake", self.gan_weight_fake)

    @property
    def first_averaged(self) -> int:
        """The iteration of the first update that the mean takes: `average_from`, or the next."""
        return -(-self.average_from // self.student_every) * self.student_every

    @property
    def kept(self) -> tuple[int, ...]:
        """The iterations after which the student is kept, before the last one."""
        return tuple(s for s in self.snapshots if s < self.iterations)


def _check_snapshots(part: str, snapshots: tuple[int, ...]) -> None:
    require(
        list(snapshots) == sorted(set(snapshots)) and snapshots[0] >= 1,
        f"{part}.snapshots must be ascending, distinct and positive; got {snapshots}.",
    )
    require_count(f"{part}.snapshots", snapshots[-1])


def _check_training(part: str, settings: Teacher | Distill) -> None:
    """What both optimisers demand."""
    require_count(f"{part}.batch", settings.batch)
    require_positive(f"{part}.lr", settings.lr)
    require(
        settings.lr <= LARGEST_RATE,
        f"{part}.lr is {settings.lr}; it must be at most {LARGEST_RATE:g}, float32's end.",
    )
    for name in ("beta1", "beta2"):
        beta = getattr(settings, name)
        require(0 <= beta < 1, f"{part}.{name} is {beta}; it must be in [0, 1).")
    require_not_negative(f"{part}.weight_decay", settings.weight_decay)
    require_count(f"{part}.warmup", settings.warmup, 0)
    require_positive(f"{part}.grad_clip", settings.grad_clip)


@dataclass(frozen=True)
class Experiment:
    """One experiment, resolved: the fields' defaults are the paper's size.

    `REDUCED`: smaller size -> the fields that differ, dotted. `register` makes a class an
    experiment.
    """

    REDUCED: ClassVar[dict[str, dict[str, object]]] = {}
    PAPER: ClassVar[str] = ""  # where in the paper

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
        check_parts(self.data, self.model)
        require_positive("sigma_data", self.sigma_data)
        require(
            SMALLEST_SCALE <= self.sigma_data <= LARGEST_SCALE,
            f"sigma_data is {self.sigma_data}; it must be within {SMALLEST_SCALE:g} and "
            f"{LARGEST_SCALE:g}.",
        )
        require(
            self.precision in ("float32", "bfloat16"),
            f"precision is {self.precision!r}; use float32 or bfloat16.",
        )
        require_not_negative("seed", self.seed)
        require(
            "exact" not in (self.distill.real_score, self.distill.start) or self.data.exact,
            f"distill.real_score or distill.start is exact, but {self.name} has no exact denoiser; "
            "of ours only chessboard, moons and ring have one.",
        )
        require(
            self.data.sampled or not (self.distill.gan or len(self.teacher.snapshots) > 1),
            f"{self.name} has no images and one imported teacher: distill.gan must be false, and "
            "teacher.snapshots name one number of iterations.",
        )
        if self.images:
            require(
                self.sampling.pairing >= 4,
                f"sampling.pairing is {self.sampling.pairing}; the intervals of Figure 11 need at "
                "least 4 images.",
            )
        require(
            not self.data.training_size or 2 * self.sampling.pairing <= self.data.training_size,
            f"sampling.pairing is {self.sampling.pairing:,}; sample quality compares so many of "
            f"{self.name}'s data with as many others, and there are {self.data.training_size:,} in "
            "all.",
        )
        self.model.check(self.data.shape)

    @property
    def images(self) -> bool:
        """Whether a sample is an image [C, H, W]; else it is a point [D] of a toy."""
        return len(self.data.shape) > 1

    @property
    def classifier(self) -> Classifier | None:
        """The classifier of the samples; None if the data are not MNIST's digits."""
        if not self.data.digits:
            return None
        usual = Classifier(self.data.shape[-1])
        smoke = self.size == "smoke"
        return replace(usual, width=8, iterations=100, batch=64, lr=1e-2) if smoke else usual

    @classmethod
    def sizes(cls) -> tuple[str, ...]:
        """The names of its sizes."""
        return (*cls.REDUCED, "paper")

    @property
    def folder(self) -> str:
        """Where this experiment's run lies below the runs folder."""
        return f"{self.size}/seed{self.seed}/{self.name}"

    def as_dict(self) -> dict[str, object]:
        """The resolved configuration as plain JSON values."""
        found = plain(self)
        if origin := ORIGINS.get(("experiment", self.name)):
            found["loaded"] = dict(origin)  # another file is another configuration
        return found
