"""The three low-dimensional experiments: chessboard, double moons, ring of Gaussians, in R^4."""

from dataclasses import dataclass, field
from typing import ClassVar

from dmdrepro.data import Chessboard, Data, Moons, Ring
from dmdrepro.experiments.config import Distill, Experiment, Teacher
from dmdrepro.models import Mlp, Model

# The student starts at D(z; 80), whose true spread on a toy is 0.02 to 0.03 a coordinate: a teacher
# that is not accurate there has lost its pairing before distillation begins. So the noise-level
# law covers the whole Karras range, ln 0.002 to ln 80, within two standard deviations
# (docs/choices.md has the measurement).
_TEACHER = Teacher(snapshots=(20_000,), batch=512, lr=1e-3, warmup=200, p_mean=-0.92, p_std=2.65)
# "Until convergence" (section 3.3): docs/choices.md has the measurement.
_DISTILL = Distill(
    batch=512,
    iterations=50_000,
    snapshots=(100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 35_000),
    lr=1e-4,
)

_LAPTOP = {
    "model.width": 256,
    "teacher.snapshots": (4000,),
    "teacher.batch": 256,
    "distill.iterations": 6000,
    "distill.snapshots": (50, 100, 250, 500, 1000, 2500),
    "distill.batch": 256,
    "distill.lr": 2e-4,
    "distill.warmup": 100,
    "sampling.total": 5000,
}
_SMOKE = {
    "model.width": 32,
    "model.hidden_layers": 2,
    "teacher.snapshots": (60,),
    "teacher.batch": 64,
    "teacher.warmup": 10,
    "distill.iterations": 40,
    "distill.snapshots": (10, 20),
    "distill.batch": 32,
    "distill.warmup": 5,
    "sampling.pairing": 64,
    "sampling.total": 128,
    "sampling.sizes": (16, 32, 64, 128),
    "sampling.heatmap": 24,
}


@dataclass(frozen=True)
class _ToyExperiment(Experiment):
    REDUCED: ClassVar = {"laptop": _LAPTOP, "laptop-32": _LAPTOP, "smoke": _SMOKE}

    name: str = ""
    data: Data = field(default_factory=Chessboard)
    model: Model = field(default_factory=Mlp)
    teacher: Teacher = _TEACHER
    distill: Distill = _DISTILL


@dataclass(frozen=True)
class ChessboardExperiment(_ToyExperiment):
    """4x4 chessboard in the first two coordinates of R^4; the paper's student remaps.

    Command: `python reproduce.py all chessboard`.
    Paper: section 3.3, Figures 2 and 3 (left). Expected there: Delta_E = 8.55 at N = 1000.
    Cost: laptop under three minutes on one core; paper size about an hour on one.
    """

    PAPER: ClassVar = "section 3.3, figures 2, 3"

    name: str = "chessboard"
    data: Data = field(default_factory=Chessboard)
    sigma_data: float = 0.8  # RMS over the four coordinates: sqrt(2 * 4/3 / 4) = 0.816


@dataclass(frozen=True)
class MoonsExperiment(_ToyExperiment):
    """Double moons in the first two coordinates of R^4.

    Command: `python reproduce.py all moons`.
    Paper: appendix A, Figure 5 (top row). Expected there: a figure only, remapping.
    Cost: as the chessboard.
    """

    PAPER: ClassVar = "appendix A, figure 5"

    name: str = "moons"
    data: Data = field(default_factory=Moons)
    sigma_data: float = 0.8  # RMS over the four coordinates: 0.8008


@dataclass(frozen=True)
class RingExperiment(_ToyExperiment):
    """32 Gaussians of sd 0.2 on a circle of radius 2 in R^4.

    Command: `python reproduce.py all ring`.
    Paper: appendix A, Figure 5 (bottom row). Expected there: a figure only, remapping.
    Cost: as the chessboard.
    """

    PAPER: ClassVar = "appendix A, figure 5"

    name: str = "ring"
    data: Data = field(default_factory=Ring)
    sigma_data: float = 1.0  # RMS over the four coordinates: sqrt((4 + 4 * 0.04) / 4) = 1.02
