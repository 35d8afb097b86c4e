"""Are samples far from the training set copied more? (section 4.2.1, Figure 11)."""

import math
from dataclasses import asdict, dataclass, field, replace
from statistics import NormalDist

import numpy as np
import torch

from dmdrepro.metrics.classes import Labels, as_classes
from dmdrepro.metrics.samples import Samples, as_tensor, same_rows
from dmdrepro.metrics.scale import exponent_of, restored_lengths, scaled

LEVEL = 0.95
LEAST = 4  # samples, of which an interval exists
ROUNDING = 1e-12  # relative


@dataclass(frozen=True)
class Correlation:
    """A coefficient in [-1, 1] and the ends of its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class BoundaryRecord:
    """Displacement delta(z) against D(z), and the correlations to compare it with.

    delta = a - b with a = |G - Phi_8| and b = |Phi_1 - Phi_8|. Phi_1 is near the data's mean, so b
    grows with D(z) and delta correlates negatively, whatever the student does.
    """

    n: int
    level: float
    pearson: Correlation  # of delta and D: negative is the paper's claim
    spearman: Correlation
    pearson_student: Correlation  # of a and D: positive = far samples are copied less closely
    # Of a and D with the students' samples re-paired; None if classes leave too few to re-pair.
    pearson_student_repaired: Correlation | None
    pearson_start: Correlation  # of -b and D: what no student changes
    pearson_repaired: Correlation | None  # of delta and D with the students' samples re-paired
    displacement: np.ndarray = field(repr=False, compare=False)  # [n]: delta(z)

    def to_json(self) -> dict[str, object]:
        """All but the displacements."""
        found = asdict(replace(self, displacement=None))
        del found["displacement"]
        return found


@dataclass(frozen=True)
class Distances:
    """Of each of N noises the distances that the boundary effect is about, float64 [N]."""

    bulk: np.ndarray  # D(z): the mean distance of Phi_8(z) to the training set
    student: np.ndarray  # |G - Phi_8|
    start: np.ndarray  # |Phi_1 - Phi_8|
    _eight: torch.Tensor = field(repr=False)
    _student: torch.Tensor = field(repr=False)
    _exponent: int = 0  # these two are 2^-exponent of the samples

    @property
    def displacement(self) -> np.ndarray:
        """delta(z) = |G - Phi_8| - |Phi_1 - Phi_8|."""
        return self.student - self.start

    def repaired(self, order: np.ndarray) -> np.ndarray:
        """|G(z') - Phi_8(z)| with z' the noise that `order` [N] puts in the place of z."""
        other = self._student[torch.as_tensor(order, device=self._student.device)]
        return _lengths(other - self._eight, self._exponent)


def measure_distances(
    teacher_1: Samples, teacher_8: Samples, student: Samples, mean_distance: Samples
) -> Distances:
    """The distances of samples [N, ...] of one shape, numpy or torch, from the same noise.

    `mean_distance` [N]: D(z). Raises ValueError for unequal sizes, N < 4, or non-finite values.
    """
    one, eight, g = same_rows(teacher_1=teacher_1, teacher_8=teacher_8, student=student)
    bulk = as_tensor(mean_distance, "mean_distance").double().cpu().numpy()
    if bulk.shape != (len(eight),):
        raise ValueError(f"mean_distance has shape {bulk.shape}; there are {len(eight)} samples.")
    if len(eight) < LEAST:
        raise ValueError(f"There are {len(eight)} samples; intervals need at least {LEAST}.")
    if not np.isfinite(bulk).all():
        raise ValueError("mean_distance holds values that are not finite.")
    exponent = exponent_of(one, eight, g)
    one, eight, g = (scaled(x, -exponent).double() for x in (one, eight, g))
    of_student, of_start = (_lengths(x - eight, exponent) for x in (g, one))
    return Distances(bulk, of_student, of_start, eight, g, exponent)


def _lengths(rows: torch.Tensor, exponent: int) -> np.ndarray:
    return restored_lengths(rows.norm(dim=1), exponent).cpu().numpy()


def boundary_effect(
    teacher_1: Samples,
    teacher_8: Samples,
    student: Samples,
    mean_distance: Samples,
    classes: Labels | None = None,
) -> BoundaryRecord:
    """Correlation of delta = |G - Phi_8| - |Phi_1 - Phi_8| with D(z), beside its nulls.

    Arguments as of `measure_distances`. Intervals at 95% by Fisher's z, with standard error
    1/sqrt(N-3) (Pearson) and sqrt((1 + r^2/2)/(N-3)) (Spearman; Bonett and Wright 2000). Re-paired:
    each noise gets the student's sample of the noise N // 2 places on. `classes` [N], what both
    networks were told: half a class on, within the class, without the classes of one sample.
    Raises ValueError as `measure_distances`, for classes that are not N whole numbers, and for a
    constant delta or D(z).
    """
    found = measure_distances(teacher_1, teacher_8, student, mean_distance)
    displacement = found.displacement
    for name, values in (("The displacement", displacement), ("mean_distance", found.bulk)):
        if (values == values[0]).all():
            raise ValueError(f"{name} is {values[0]:g} for every sample: it has no correlation.")
    n = len(displacement)
    order, moved = np.roll(np.arange(n), n // 2), np.ones(n, dtype=bool)
    if classes is not None:
        groups = as_classes(classes, n)
        order, moved = groups.half_a_class_on(), groups.in_company()
    repaired = found.repaired(order)

    def pearson(values: np.ndarray) -> Correlation:
        return correlation(values, found.bulk, n - 3)

    def of_moved(values: np.ndarray) -> Correlation | None:
        values, bulk = values[moved], found.bulk[moved]
        if len(values) < LEAST or is_constant(bulk):
            return None
        return correlation(values, bulk, len(values) - 3)

    from scipy.stats import spearmanr  # a second to load

    spearman = float(spearmanr(displacement, found.bulk).statistic)
    return BoundaryRecord(
        n=n,
        level=LEVEL,
        pearson=pearson(displacement),
        spearman=_interval(spearman, math.sqrt((1 + spearman**2 / 2) / (n - 3))),
        pearson_student=pearson(found.student),
        pearson_student_repaired=of_moved(repaired),
        pearson_start=pearson(-found.start),
        pearson_repaired=of_moved(repaired - found.start),
        displacement=displacement,
    )


def is_constant(values: np.ndarray, scale: np.ndarray | None = None) -> bool:
    """Whether values [N] differ by rounding alone, of `scale`: what they are differences of."""
    return bool(np.ptp(values) <= ROUNDING * np.abs(values if scale is None else scale).max())


def correlation(
    values: np.ndarray, distance: np.ndarray, free: int, scale: np.ndarray | None = None
) -> Correlation:
    """Pearson's coefficient of two [N], 0 of a constant, with Fisher's interval.

    `free`: N - 3, less one for each variable that was taken out of both; `scale`: of `is_constant`.
    """
    from scipy.stats import pearsonr

    r = 0.0 if is_constant(values, scale) else float(pearsonr(values, distance).statistic)
    return _interval(r, 1 / math.sqrt(free))


def _interval(r: float, standard_error: float) -> Correlation:
    """Fisher's z: atanh(r) is nearly normal with the given standard error."""
    r = min(1.0, max(-1.0, r))
    if abs(r) == 1:
        return Correlation(r, r, r)
    z, width = math.atanh(r), NormalDist().inv_cdf((1 + LEVEL) / 2) * standard_error
    return Correlation(r, math.tanh(z - width), math.tanh(z + width))
