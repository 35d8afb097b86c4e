"""Along distillation: the pairing and the quality of the students kept on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dmdrepro.report.loss_at import NOTE, losses_at
from dmdrepro.report.nulls import null_notes
from dmdrepro.report.students import Student, as_number, lookup, starts_as_phi_1
from dmdrepro.report.table import SEVERAL_SEEDS, Cell, Table, over_seeds, seed_words

COLUMNS = (
    "experiment",
    "size",
    "teacher iterations",
    "student lr",
    "distillation iterations",
    "path",
    "Delta_E",
    "null",
    "retention",
    "concordance",
    "quality student",
    "DM loss",
    "seeds",
)
ESSENTIAL = (
    "experiment",
    "distillation iterations",
    "Delta_E",
    "null",
    "retention",
    "concordance",
    "quality student",
    "DM loss",
)


def path_length(distill: Mapping | None, iterations: int) -> float:
    """The sum of the learning rates of the student's updates in the first `iterations`.

    No weight that Adam moves can have gone much further than this. nan where the settings lack
    one that it depends on.
    """
    if not {"lr", "warmup", "student_every"} <= (distill or {}).keys():
        return math.nan
    lr, warmup, every = distill["lr"], distill["warmup"], distill["student_every"]
    updates = math.ceil(iterations / every)
    warming = min(updates, math.ceil(warmup / every))  # updates at it = 0, every, 2 every, ...
    slope = lr * every / warmup if warmup else 0.0
    return slope * warming * (warming - 1) / 2 + lr * (updates - warming)


def stops(record: Mapping) -> list[tuple[int, Mapping | None, Mapping | None]]:
    """(iteration, pairing, quality) of a record's students, from the start to the last.

    The start is Phi_1, of a student that starts as the teacher whose samples Phi_K are.
    """
    distill = lookup(record, ("config", "distill")) or {}
    quality = record.get("quality") or {}
    found = [(p["iterations"], p["pairing"], p["quality"]) for p in record.get("along") or ()]
    if starts_as_phi_1({"distill": distill}):
        found.insert(0, (0, record.get("pairing_untrained"), quality.get("teacher_1")))
    return [*found, (distill.get("iterations"), record.get("pairing"), quality.get("student"))]


@dataclass(frozen=True)
class Point:
    """Where the students of all seeds were after so many iterations of distillation."""

    iterations: int
    seeds: tuple[dict, ...]  # of each seed `pairing`, `quality` and `loss_dm` there

    def each(self, *path: str) -> list[Cell]:
        """One value a seed, such as of `pairing`, `delta_e` or of `loss_dm`."""
        return [as_number(lookup(here, path)) for here in self.seeds]


def points_along(student: Student) -> list[Point]:
    """From the start to the last student; empty unless the seeds kept some, and the same."""
    ways = [stops(record) for record in student.records]
    iterations = [[it for it, *_ in way] for way in ways]
    if not student.records[0].get("along") or any(other != iterations[0] for other in iterations):
        return []
    losses = [losses_at(result, student.snapshot, iterations[0]) for result in student.results]
    return [
        Point(
            here[0][0],
            tuple(
                {"pairing": p, "quality": q, "loss_dm": loss}
                for (_, p, q), loss in zip(here, lost, strict=True)
            ),
        )
        for here, lost in zip(zip(*ways, strict=True), zip(*losses, strict=True), strict=True)
    ]


def along_table(students: Sequence[Student]) -> Table:
    """One row for the start, each kept student and the last one."""
    rows = [_row(student, point) for student in students for point in points_along(student)]
    notes = (
        "Row 0 is the student's start, Phi_1. Path: the sum of the learning rates of the student's "
        "updates so far. N, null and quality as in the table of the paper's numbers. Not in the "
        "paper.",
        NOTE,
        SEVERAL_SEEDS,
        *null_notes(students),
    )
    title = "Along distillation"
    return Table("along_distillation", title, COLUMNS, tuple(rows), notes, essential=ESSENTIAL)


def _row(student: Student, point: Point) -> tuple[Cell, ...]:
    distill = lookup(student.config, ("distill",))
    return (
        student.experiment,
        student.size_words,
        student.snapshot,
        lookup(distill, ("lr",)),
        point.iterations,
        path_length(distill, point.iterations),
        over_seeds(point.each("pairing", "delta_e")),
        over_seeds(point.each("pairing", "delta_e_null")),
        over_seeds(point.each("pairing", "retention")),
        over_seeds(point.each("pairing", "concordance")),
        over_seeds(point.each("quality", "ratio")),
        over_seeds(point.each("loss_dm")),
        seed_words(student.seeds),
    )
