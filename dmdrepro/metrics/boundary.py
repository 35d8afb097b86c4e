"""Are samples far from the training set copied more? (section 4.2.1, Figure 11)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from statistics import NormalDist

import numpy as np
import torch
from scipy.stats import pearsonr, spearmanr

from dmdrepro.metrics.samples import Samples, same_rows

LEVEL = 0.95
ROUNDING = 1e-12  # relative


@dataclass(frozen=True)
class Correlation:
    """A coefficient in [-1, 1] and the ends of its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class BoundaryRecord:
    """Displacement delta(z) against D(z), and what that correlation must be read beside.

    delta = a - b with a = |G - Phi_8| and b = |Phi_1 - Phi_8|. Phi_1 is near the data's mean, so b
    grows with D(z) whatever the student does: delta correlates negatively by construction.
    """

    n: int
    level: float
    pearson: Correlation  # of delta and D: negative is the paper's claim
    spearman: Correlation
    pearson_student: Correlation  # of a and D: positive = far samples are copied less closely
    pearson_start: Correlation  # of -b and D: what no student changes
    pearson_repaired: Correlation  # of delta and D with the students' samples re-paired
    displacement: np.ndarray = field(repr=False, compare=False)  # [n]: delta(z)

    def to_json(self) -> dict[str, object]:
        """All but the displacements."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.repr}


def _plain(value: object) -> object:
    return asdict(value) if isinstance(value, Correlation) else value


def boundary_effect(
    teacher_1: Samples, teacher_8: Samples, student: Samples, mean_distance: Samples
) -> BoundaryRecord:
    """Correlation of delta = |G - Phi_8| - |Phi_1 - Phi_8| with D(z), beside its nulls.

    The first three [N, ...] of one shape, numpy or torch, from the same noise; `mean_distance`
    [N]: each Phi_8(z)'s mean distance to the training set. Intervals by Fisher's z with standard
    error 1/sqrt(N-3) (Pearson) and sqrt((1 + r^2/2)/(N-3)) (Spearman; Bonett and Wright 2000),
    at 95%. The re-pairing gives each noise the student's sample of the noise N // 2 places on.
    Raises ValueError for unequal sizes, N < 4, values that are not finite, or a constant delta or
    D(z), of which no correlation exists.
    """
    one, eight, g = same_rows(teacher_1=teacher_1, teacher_8=teacher_8, student=student)
    if isinstance(mean_distance, torch.Tensor):
        mean_distance = mean_distance.detach().cpu().numpy()
    distance = np.asarray(mean_distance, dtype=np.float64)
    if distance.shape != (len(eight),):
        raise ValueError(
            f"mean_distance has shape {distance.shape}; there are {len(eight)} samples."
        )
    if len(eight) < 4:
        raise ValueError(f"There are {len(eight)} samples; intervals need at least 4.")
    if not np.isfinite(distance).all():
        raise ValueError("mean_distance holds values that are not finite.")
    one, eight, g = one.double(), eight.double(), g.double()
    student_error = (g - eight).norm(dim=1).cpu().numpy()
    start_error = (one - eight).norm(dim=1).cpu().numpy()
    repaired = (g.roll(len(g) // 2, 0) - eight).norm(dim=1).cpu().numpy() - start_error
    displacement = student_error - start_error
    for name, values in (("The displacement", displacement), ("mean_distance", distance)):
        if (values == values[0]).all():
            raise ValueError(f"{name} is {values[0]:g} for every sample: it has no correlation.")
    free = len(eight) - 3

    def pearson(values: np.ndarray) -> Correlation:
        # A distance that is the same for every sample but for rounding goes with nothing.
        constant = np.ptp(values) <= ROUNDING * np.abs(values).max()
        r = 0.0 if constant else float(pearsonr(values, distance).statistic)
        return _interval(r, 1 / math.sqrt(free))

    spearman = float(spearmanr(displacement, distance).statistic)
    return BoundaryRecord(
        n=len(eight),
        level=LEVEL,
        pearson=pearson(displacement),
        spearman=_interval(spearman, math.sqrt((1 + spearman**2 / 2) / free)),
        pearson_student=pearson(student_error),
        pearson_start=pearson(-start_error),
        pearson_repaired=pearson(repaired),
        displacement=displacement,
    )


def _interval(r: float, standard_error: float) -> Correlation:
    """Fisher's z: atanh(r) is nearly normal with the given standard error."""
    r = min(1.0, max(-1.0, r))
    if abs(r) == 1:
        return Correlation(r, r, r)
    z, width = math.atanh(r), NormalDist().inv_cdf((1 + LEVEL) / 2) * standard_error
    return Correlation(r, math.tanh(z - width), math.tanh(z + width))
