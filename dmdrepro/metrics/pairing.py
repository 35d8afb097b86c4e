"""Pairing inefficiency Delta_E, and the numbers to compare it with (section 3.1)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace

import numpy as np
import torch

from dmdrepro.metrics.assignment import optimal_assignment
from dmdrepro.metrics.classes import Classes, Labels, as_classes
from dmdrepro.metrics.implausible import are_integers, noise_warnings, row_warnings
from dmdrepro.metrics.moments import Moments, covariance, moments_of
from dmdrepro.metrics.null import (
    ALL,
    NO_NULL,
    SAME_DRAW,
    e_ot_within_classes,
    null_of_second_draw,
    null_within_classes,
    single_words,
)
from dmdrepro.metrics.remapped import remapped_share
from dmdrepro.metrics.samples import Samples, same_rows, strict
from dmdrepro.metrics.scale import exponent_of, restored, scaled
from dmdrepro.metrics.watch import Watch

# A smaller correlation under the optimal pairing is rounding: all pairings cost the same (for
# example of a constant student), and retention has no meaning.
NO_PAIRING = 1e-12
ENERGIES = ("e_dt", "e_ot", "e_ind", "e_ot_within")  # mean squared distances
OF_NULL = ("null", "e_ind", "delta_e_null", "retention", "concordance")  # what follows from E_ind


@dataclass(frozen=True)
class PairingRecord:
    """How the student's pairing stands between the optimal and an independent one."""

    delta_e: float  # E_DT / E_OT - 1; inf if E_OT is 0 and E_DT is not
    e_dt: float  # mean squared distance under the shared noise
    e_ot: float  # equation 4: the same under the optimal assignment (assignment.py)
    e_ind: float  # mean squared distance of an independent pairing: by `null`
    retention: float  # 1 = optimal, 0 = independent; nan if all pairings cost the same
    delta_e_null: float  # E_ind / E_OT - 1
    concordance: float  # 1 - E_DT / E_ind over other noises; nan if those all coincide
    remapped: float  # share of the teacher's samples whose optimal partner is another's
    n: int
    gap: float  # relative duality gap of the assignment's certificate
    solver: str  # that found the assignment
    assignment: np.ndarray = field(repr=False, compare=False)  # [n]: student of teacher i
    # What E_ind is over: "all" pairs (i, j), pairs i != j of one "class", or a "second draw".
    null: str = ALL
    e_ot_within: float | None = None  # E_OT of the pairings that keep the class; None without
    company: int | None = None  # rows whose class has another row; None without classes
    warnings: tuple[str, ...] = ()  # sentences: what makes these numbers doubtful

    def to_json(self) -> dict[str, object]:
        """All but the assignment; infinities and nan as the strings "inf" and "nan"."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "assignment"}
        return strict({**found, "warnings": list(self.warnings)})


def pairing_inefficiency(
    teacher: Samples,
    student: Samples,
    solver: str = "auto",
    *,
    classes: Labels | None = None,
    independent: Samples | None = None,
    memory: int | None = None,
    say: Callable[[str], None] | None = None,
    watch: Watch | None = None,
) -> PairingRecord:
    """Delta_E of equations 4 to 6 on N samples, with its null and retention.

    `teacher`, `student`: [N, ...] of equal shapes, numpy or torch, N >= 2, row i of both from the
    same noise. All energies are float64, from differences, so near-copies keep their digits. The
    assignment is exact (appendix C: Delta_E >= 0) and certified, whichever `solver` found it.
    `memory` (bytes), `say` and `watch`: see `optimal_assignment`. retention = (E_ind - E_DT) /
    (E_ind - E_OT), computed as the equal ratio of the two pairings' covariances.

    Concordance is Lin's coefficient (1989), of vectors: 1 = the student is the teacher, 0 = an
    independent pairing, -1 (for large N) = a reversed one. It needs no optimum, so neither the
    dimension nor, up to O(1/N), N moves its expectation. If both sets have one law, retention tends
    to it as N grows. `remapped`: the share of i whose optimal partner is not G(z_i): 0 = the shared
    noise is an optimal pairing, 1 - O(1/N) = independent. Near neighbours that change places count
    in full, so it grows with N.

    `classes` [N], whole numbers: if both networks are told a class, pairs of other classes are not
    a null. Then E_ind is the mean over i of the mean over j != i of i's class; null, retention and
    concordance follow. `e_ot_within` is the optimum that keeps the class. Rows that are alone in
    their class are left out of these four numbers, and `warnings` names them; if more than half
    are, the four are nan. `independent` [N, ...]: a second draw of the student, for the same
    classes and fresh noise. Then E_ind is the mean squared distance of teacher i to it, whatever
    `classes` says. E_DT, E_OT, Delta_E and `remapped` are over all rows and do not depend on
    either.

    `warnings` has a sentence if the samples do not look like a teacher's and its student's: other
    units, a student that hardly varies (metrics/implausible.py).

    Raises ValueError for unequal shapes, fewer than two samples, values that are not finite,
    classes that are not N whole numbers, what `as_tensor` and `optimal_assignment` refuse, and
    energies that float64 cannot hold.
    """
    x, y = same_rows(teacher=teacher, student=student)
    groups = None if classes is None else as_classes(classes, len(x))
    second = None
    if independent is not None:
        second = same_rows(student=student, independent=independent)[1].to(x.device)
    whole = are_integers(teacher), are_integers(student)
    exponent = exponent_of(x, y)
    at_scale = scaled(x, -exponent), scaled(y, -exponent)
    moments = moments_of(*at_scale)
    doubts = row_warnings(x, y, whole, moments=moments)
    if second is not None:
        whole, names = (whole[1], are_integers(independent)), ("student", "second draw")
        doubts += row_warnings(y, second, whole, names, "concordance near 1")
        second = scaled(second, -exponent)
    doubts = doubts or noise_warnings(*at_scale, groups, second)
    record = _measured(*at_scale, moments, solver, groups, second, memory, say, watch)
    energies = {name: getattr(record, name) for name in ENERGIES}
    energies = {k: v if v is None else restored(v, 2 * exponent) for k, v in energies.items()}
    return replace(record, **energies, warnings=(*doubts, *record.warnings))


def _measured(
    x: torch.Tensor,
    y: torch.Tensor,
    moments: Moments,
    solver: str,
    groups: Classes | None,
    second: torch.Tensor | None,
    memory: int | None,
    say: Callable[[str], None] | None,
    watch: Watch | None,
) -> PairingRecord:
    """`pairing_inefficiency` of rows [N, D] at a scale whose squares float64 holds."""
    own, kept = moments.sqdist, moments.kept  # kept = (E_ind - E_DT) / 2
    optimum = optimal_assignment(x, y, solver, own=own, memory=memory, say=say, watch=watch)
    assignment, e_ot = optimum.assignment, optimum.e_ot
    e_dt = float(own.mean())
    spread_x, spread_y = moments.spread_x, moments.spread_y
    e_ind = moments.shift + spread_x + spread_y
    best = kept
    if not np.array_equal(assignment, np.arange(len(x))):
        best = covariance(x, y, assignment, moments)
    n = len(x)
    between = (n * e_ind - e_dt) / (n - 1)  # the mean over pairs i != j
    least = NO_PAIRING * math.sqrt(spread_x * spread_y)
    meaningless = best <= least
    rounding = NO_PAIRING * e_ot if meaningless else 0.0
    record = PairingRecord(
        delta_e=_excess(e_dt, e_ot),
        e_dt=e_dt,
        e_ot=e_ot,
        e_ind=e_ind,
        retention=math.nan if meaningless else kept / best,
        delta_e_null=_excess(e_ind, e_ot, rounding),
        concordance=2 * kept * n / (n - 1) / between if between > 0 else math.nan,
        remapped=remapped_share(x, y, assignment, own, optimum.sqdist),
        n=n,
        gap=optimum.gap,
        solver=optimum.solver,
        assignment=assignment,
    )
    if groups is not None:
        within = e_ot_within_classes(x, y, groups, solver, memory, watch)
        # Between the two to the last bit too: if they are equal, rounding would decide.
        within = min(e_dt, max(e_ot, within))
        company = int(groups.in_company().sum())
        record = replace(record, e_ot_within=within, company=company)
    if second is not None:
        null = null_of_second_draw(x, y, second)
        if not math.isfinite(null.e_ind):
            raise ValueError(
                "The squared distances to the second draw (independent) overflow float64; is it in "
                "the student's units?"
            )
        for name, rows in (("student", y), ("teacher", x)):
            if torch.equal(second.double(), rows.double()):
                record = replace(record, warnings=(*record.warnings, SAME_DRAW.format(name)))
    elif groups is None:
        return record
    elif (words := single_words(groups)) != "":
        record = replace(record, warnings=(*record.warnings, words))
        if not groups.mostly_alone:
            rows = np.flatnonzero(groups.in_company())
            chosen = torch.from_numpy(rows).to(x.device)
            part = x[chosen], y[chosen]
            company = as_classes(groups.numbers[rows], len(rows))
            others = _measured(*part, moments_of(*part), solver, company, None, memory, None, watch)
            return replace(record, **{name: getattr(others, name) for name in OF_NULL})
        null = NO_NULL
    else:
        null = null_within_classes(x, y, groups)
    return replace(
        record,
        null=null.kind,
        e_ind=null.e_ind,
        delta_e_null=_excess(null.e_ind, e_ot, rounding),
        retention=null.retention(2 * (best - kept), 2 * least),
        concordance=null.concordance,
    )


def _excess(energy: float, e_ot: float, rounding: float = 0.0) -> float:
    """energy / E_OT - 1, with the digits that the subtraction of 1 would lose; 0 if rounded so."""
    if abs(energy - e_ot) <= rounding:
        return 0.0
    if e_ot == 0:
        return math.inf if energy > 0 else 0.0
    return (energy - e_ot) / e_ot
