"""Along distillation: the pairing and the quality of the students kept on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dmdrepro.report.students import Student, as_number, lookup
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
    "quality student",
    "seeds",
)
ESSENTIAL = (
    "experiment",
    "distillation iterations",
    "Delta_E",
    "null",
    "retention",
    "quality student",
)


def path_length(distill: Mapping, iterations: int) -> float:
    """The sum of the learning rates of the student's updates in the first `iterations`.

    No weight that Adam moves can have gone much further than this.
    """
    lr, warmup, every = distill["lr"], distill["warmup"], distill["student_every"]
    updates = math.ceil(iterations / every)
    warming = min(updates, math.ceil(warmup / every))  # updates at it = 0, every, 2 every, ...
    slope = lr * every / warmup if warmup else 0.0
    return slope * warming * (warming - 1) / 2 + lr * (updates - warming)


@dataclass(frozen=True)
class Point:
    """Where the students of all seeds were after so many iterations of distillation."""

    iterations: int
    seeds: tuple[dict, ...]  # of each seed the `pairing` and the `quality` there

    def each(self, *path: str) -> list[Cell]:
        """One value a seed, such as of `pairing`, `delta_e`."""
        return [as_number(lookup(here, path)) for here in self.seeds]


def points_along(student: Student) -> list[Point]:
    """From the start Phi_1 to the last student; empty unless the seeds kept some, and the same."""
    kept = [lookup(record, ("along",)) or [] for record in student.records]
    iterations = [point["iterations"] for point in kept[0]]
    if not iterations or any([p["iterations"] for p in seed] != iterations for seed in kept):
        return []
    end = lookup(student.config, ("distill", "iterations"))
    return [
        Point(0, _ends(student, "pairing_untrained", "teacher_1")),
        *(Point(it, tuple(seed[k] for seed in kept)) for k, it in enumerate(iterations)),
        Point(end, _ends(student, "pairing", "student")),
    ]


def _ends(student: Student, pairing: str, quality: str) -> tuple[dict, ...]:
    return tuple(
        {"pairing": record.get(pairing), "quality": lookup(record, ("quality", quality))}
        for record in student.records
    )


def along_table(students: Sequence[Student]) -> Table:
    """One row for each kept student and the last one, from the start Phi_1 on."""
    rows = [_row(student, point) for student in students for point in points_along(student)]
    notes = (
        "Row 0 is the student's start, Phi_1. Path: the sum of the learning rates of the student's "
        "updates so far. N, null and quality as in the table of the paper's numbers. Not in the "
        "paper.",
        SEVERAL_SEEDS,
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
        over_seeds(point.each("quality", "ratio")),
        seed_words(student.seeds),
    )
