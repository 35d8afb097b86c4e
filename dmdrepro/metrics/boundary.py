"""Are samples far from the training set copied more? (section 4.2.1, Figure 11)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from statistics import NormalDist

import numpy as np
import torch
from scipy.stats import pearsonr, spearmanr

from dmdrepro.metrics.samples import Samples, same_rows

LEVEL = 0.95


@dataclass(frozen=True)
class Correlation:
    """A coefficient in [-1, 1] and the ends of its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class BoundaryRecord:
    """Displacement delta(z) against D(z): negative coefficients are the paper's claim."""

    n: int
    level: float
    pearson: Correlation
    spearman: Correlation
    displacement: np.ndarray = field(repr=False, compare=False)  # [n]: delta(z)

    def to_json(self) -> dict[str, object]:
        """All but the displacements."""
        return {
            "n": self.n,
            "level": self.level,
            "pearson": asdict(self.pearson),
            "spearman": asdict(self.spearman),
        }


def boundary_effect(
    teacher_1: Samples, teacher_8: Samples, student: Samples, mean_distance: Samples
) -> BoundaryRecord:
    """Correlation of delta = |G - Phi_8| - |Phi_1 - Phi_8| with D(z), with 95% intervals.

    The first three [N, ...] of one shape, numpy or torch, from the same noise; `mean_distance`
    [N]: each Phi_8(z)'s mean distance to the training set. Intervals by Fisher's z with standard
    error 1/sqrt(N-3) (Pearson) and sqrt((1 + r^2/2)/(N-3)) (Spearman; Bonett and Wright 2000).
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
    displacement = ((g - eight).norm(dim=1) - (one - eight).norm(dim=1)).cpu().numpy()
    for name, values in (("The displacement", displacement), ("mean_distance", distance)):
        if (values == values[0]).all():
            raise ValueError(f"{name} is {values[0]:g} for every sample: it has no correlation.")
    pearson = float(pearsonr(displacement, distance).statistic)
    spearman = float(spearmanr(displacement, distance).statistic)
    free = len(eight) - 3
    return BoundaryRecord(
        n=len(eight),
        level=LEVEL,
        pearson=_interval(pearson, 1 / math.sqrt(free)),
        spearman=_interval(spearman, math.sqrt((1 + spearman**2 / 2) / free)),
        displacement=displacement,
    )


def _interval(r: float, standard_error: float) -> Correlation:
    """Fisher's z: atanh(r) is nearly normal with the given standard error."""
    r = min(1.0, max(-1.0, r))
    if abs(r) == 1:
        return Correlation(r, r, r)
    z, width = math.atanh(r), NormalDist().inv_cdf((1 + LEVEL) / 2) * standard_error
    return Correlation(r, math.tanh(z - width), math.tanh(z + width))
