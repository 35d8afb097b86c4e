"""Pairing inefficiency Delta_E, and what it must be read beside (section 3.1)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace

import numpy as np
import torch

from dmdrepro.metrics.assignment import mean_sqdist, optimal_assignment
from dmdrepro.metrics.implausible import input_warnings
from dmdrepro.metrics.remapped import remapped_share
from dmdrepro.metrics.samples import Samples, same_rows
from dmdrepro.metrics.scale import exponent_of, restored, scaled

# Below this correlation under the optimal pairing, what is left is rounding: all pairings cost
# the same (a constant student, for one), and retention has no meaning.
NO_PAIRING = 1e-12
ENERGIES = ("e_dt", "e_ot", "e_ind")  # mean squared distances


@dataclass(frozen=True)
class PairingRecord:
    """How the student's pairing stands between the optimal and an independent one."""

    delta_e: float  # E_DT / E_OT - 1; inf where E_OT is 0 and E_DT is not
    e_dt: float  # mean squared distance under the shared noise
    e_ot: float  # mean squared distance under the optimal assignment
    e_ind: float  # mean squared distance over all pairs (i, j)
    retention: float  # 1 = optimal, 0 = independent; nan where all pairings cost the same
    delta_e_null: float  # E_ind / E_OT - 1
    concordance: float  # 1 - E_DT / E_ind over pairs i != j; nan where those all coincide
    remapped: float  # share of the teacher's samples whose optimal partner is not their own
    n: int
    gap: float  # relative duality gap of the assignment's certificate
    solver: str  # that found the assignment
    assignment: np.ndarray = field(repr=False, compare=False)  # [n]: student of teacher i
    warnings: tuple[str, ...] = ()  # sentences: what the samples let doubt of these numbers

    def to_json(self) -> dict[str, float | int | str | list[str]]:
        """All but the assignment; infinities and nan as the strings "inf" and "nan"."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "assignment"}
        found["warnings"] = list(self.warnings)
        return {
            k: str(v) if isinstance(v, float) and not math.isfinite(v) else v
            for k, v in found.items()
        }


def pairing_inefficiency(
    teacher: Samples,
    student: Samples,
    solver: str = "auto",
    *,
    memory: int | None = None,
    say: Callable[[str], None] | None = None,
) -> PairingRecord:
    """Delta_E of equations 4 to 6 on N samples, with its null and retention.

    `teacher`, `student`: [N, ...] of equal shapes, numpy or torch, N >= 2, row i of both from the
    same noise. All energies are float64, from differences, so near-copies keep their digits; the
    assignment is exact (appendix C: Delta_E >= 0) and certified, whichever `solver` found it.
    `memory` (bytes) bounds what that takes, and `say` is told which way it is done (see
    `optimal_assignment`). retention = (E_ind - E_DT) / (E_ind - E_OT) is computed as the ratio of
    the two pairings' covariances, which it equals.

    Concordance is Lin's coefficient (1989), of vectors: 1 = the student is the teacher, 0 = their
    pairing is independent, -1 (for large N) = it is reversed. It asks for no optimum, so that
    neither the dimension nor, but for O(1/N), N moves its expectation, as they move all the others;
    where both have one law, it is what retention tends to as N grows.

    `remapped` counts the i whose optimal partner differs from G(z_i): 0 = the pairing by
    the shared noise is an optimum (one of several counts), 1 - O(1/N) = independent. It tells how
    many points are paired better elsewhere, not by how much: near neighbours that change places
    count in full, so it grows with N.

    `warnings` has a sentence for samples that look like no teacher's and its student's: other
    units, or a student that hardly varies (`input_warnings`).

    Raises ValueError for unequal shapes, fewer than two samples, values that are not finite, what
    `as_tensor` and `optimal_assignment` refuse, and energies that float64 cannot hold.
    """
    x, y = same_rows(teacher=teacher, student=student)
    doubts = input_warnings(teacher, student)
    if (exponent := exponent_of(x, y)) != 0:
        sets = (scaled(rows, -exponent) for rows in (x, y))
        record = pairing_inefficiency(*sets, solver, memory=memory, say=say)
        energies = {name: restored(getattr(record, name), 2 * exponent) for name in ENERGIES}
        return replace(record, **energies, warnings=doubts)
    optimum = optimal_assignment(x, y, solver, memory=memory, say=say)
    assignment, e_ot = optimum.assignment, optimum.e_ot
    e_dt = mean_sqdist(x, y)
    remapped = remapped_share(x, y, assignment)
    x, y = x.double(), y.double()
    shift = (x.mean(0) - y.mean(0)).square().sum()
    x, y = x - x.mean(0), y - y.mean(0)
    spread_x, spread_y = float(x.square().sum(1).mean()), float(y.square().sum(1).mean())
    e_ind = float(shift) + spread_x + spread_y
    kept = float((x * y).sum(1).mean())  # (E_ind - E_DT) / 2
    partners = y[torch.from_numpy(assignment).to(y.device)]
    best = float((x * partners).sum(1).mean())
    n = len(x)
    between = (n * e_ind - e_dt) / (n - 1)  # the mean over pairs i != j
    meaningless = best <= NO_PAIRING * math.sqrt(spread_x * spread_y)
    return PairingRecord(
        delta_e=_excess(e_dt, e_ot),
        e_dt=e_dt,
        e_ot=e_ot,
        e_ind=e_ind,
        retention=math.nan if meaningless else kept / best,
        delta_e_null=_excess(e_ind, e_ot),
        concordance=2 * kept * n / (n - 1) / between if between > 0 else math.nan,
        remapped=remapped,
        n=n,
        gap=optimum.gap,
        solver=optimum.solver,
        assignment=assignment,
        warnings=doubts,
    )


def _excess(energy: float, e_ot: float) -> float:
    """energy / E_OT - 1, with the digits that the subtraction of 1 would lose."""
    if e_ot == 0:
        return math.inf if energy > 0 else 0.0
    return (energy - e_ot) / e_ot
