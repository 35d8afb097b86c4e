"""The boundary effect within classes: is Figure 11's correlation one between classes only?"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from dmdrepro.metrics.boundary import (
    Correlation,
    Distances,
    correlation,
    is_constant,
    measure_distances,
)
from dmdrepro.metrics.classes import Labels, as_classes
from dmdrepro.metrics.samples import Samples

LEAST = 10  # samples of a class, of which an interval says something


@dataclass(frozen=True)
class Coefficients:
    """Pearson's coefficients with D(z), as in `BoundaryRecord`, of n samples."""

    n: int
    pearson: Correlation  # of the displacement
    pearson_student: Correlation  # of |G - Phi_8|: positive = far samples are copied less closely
    pearson_student_repaired: Correlation  # of the same after re-pairing within the class
    pearson_start: Correlation  # of -|Phi_1 - Phi_8|: what no student changes


@dataclass(frozen=True)
class ClassBoundaryRecord:
    """Each class by itself, and all of them with their means taken out."""

    per_class: dict[int, Coefficients]
    left_out: dict[int, tuple[int, str]]  # class -> (its samples, why it has no coefficients)
    within: Coefficients | None  # None: too few samples, or nothing varies within the classes
    classes: int  # that have samples

    def to_json(self) -> dict[str, object]:
        """`per_class`: a list of the classes in order; `within_class`: as above, or None."""
        entries = [{"class": c, **asdict(found)} for c, found in self.per_class.items()]
        entries += [{"class": c, "n": n, "left_out": w} for c, (n, w) in self.left_out.items()]
        within = None if self.within is None else {**asdict(self.within), "classes": self.classes}
        return {
            "per_class": sorted(entries, key=lambda entry: entry["class"]),
            "within_class": within,
        }


def boundary_by_class(
    teacher_1: Samples,
    teacher_8: Samples,
    student: Samples,
    mean_distance: Samples,
    classes: Labels,
) -> ClassBoundaryRecord:
    """The coefficients of `boundary_effect` of each class, and pooled within the classes.

    `classes` [N]: whole numbers; the others as of `boundary_effect`. D(z) is the distance to the
    whole training set. Classes of fewer than 10 samples, or with a constant displacement or D(z),
    are left out. Pooled: the partial correlation given the class, over all classes: each class's
    mean is subtracted from both. Its intervals have standard error 1/sqrt(N - (C - 1) - 3), C
    classes (Fisher 1924). Re-paired: half a class on. Raises ValueError as `boundary_effect`.
    """
    found = measure_distances(teacher_1, teacher_8, student, mean_distance)
    groups = as_classes(classes, len(found.bulk))
    members = {int(c): rows.numpy() for c, rows in zip(groups.names, groups.rows, strict=True)}
    repaired = found.repaired(groups.half_a_class_on())

    per_class, left_out = {}, {}
    for c, rows in members.items():
        if why := _lack(found, rows):
            left_out[c] = len(rows), why
        else:
            per_class[c] = _coefficients(
                found, repaired, lambda x, rows=rows: x[rows], len(rows) - 3
            )

    def centred(values: np.ndarray) -> np.ndarray:
        left = values.copy()
        for rows in members.values():
            left[rows] -= values[rows].mean()
        return left

    free = len(found.bulk) - (len(members) - 1) - 3
    moved, bulk = centred(found.displacement), centred(found.bulk)
    within = None
    if free > 0 and not is_constant(moved, found.student) and not is_constant(bulk, found.bulk):
        within = _coefficients(found, repaired, centred, free)
    return ClassBoundaryRecord(per_class, left_out, within, len(members))


def _lack(found: Distances, rows: np.ndarray) -> str:
    """Why a class has no coefficients; empty if it has."""
    if len(rows) < LEAST:
        return f"fewer than {LEAST} samples"
    if is_constant(found.displacement[rows], found.student[rows]):
        return "the displacement is constant"
    return "D(z) is constant" if is_constant(found.bulk[rows]) else ""


def _coefficients(
    found: Distances, repaired: np.ndarray, part: Callable[[np.ndarray], np.ndarray], free: int
) -> Coefficients:
    """Of what `part` takes of each [N]: a class's own, or all without their class's mean."""
    bulk = part(found.bulk)

    def pearson(values: np.ndarray) -> Correlation:
        return correlation(part(values), bulk, free, scale=values)

    return Coefficients(
        n=len(bulk),
        pearson=pearson(found.displacement),
        pearson_student=pearson(found.student),
        pearson_student_repaired=pearson(repaired),
        pearson_start=pearson(-found.start),
    )
