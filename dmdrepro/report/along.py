"""Along distillation: the pairing and the quality of the students kept on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

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


def along_table(students: Sequence[Student]) -> Table:
    """One row for each kept student and the last one, from the start Phi_1 on."""
    rows: list[tuple[Cell, ...]] = []
    for student in students:
        distill = lookup(student.config, ("distill",))
        points = [lookup(record, ("along",)) or [] for record in student.records]
        kept = [point["iterations"] for point in points[0]]
        if not kept or any([p["iterations"] for p in other] != kept for other in points):
            continue
        rows.append(
            _row(
                student, 0, 0.0, "pairing_untrained", lambda r: lookup(r, ("quality", "teacher_1"))
            )
        )
        for place, iterations in enumerate(kept):
            here = [
                {"pairing": p[place]["pairing"], "quality": p[place]["quality"]} for p in points
            ]
            rows.append(_cells(student, iterations, path_length(distill, iterations), here))
        end = distill["iterations"]
        rows.append(
            _row(
                student,
                end,
                path_length(distill, end),
                "pairing",
                lambda r: lookup(r, ("quality", "student")),
            )
        )
    notes = (
        "Row 0 is the student's start, Phi_1. Path: the sum of the learning rates of the student's "
        "updates so far. N, null and quality as in the table of the paper's numbers. Not in the "
        "paper.",
        SEVERAL_SEEDS,
    )
    title = "Along distillation"
    return Table("along_distillation", title, COLUMNS, tuple(rows), notes, essential=ESSENTIAL)


def _row(student: Student, iterations: int, path: float, pairing: str, quality) -> tuple[Cell, ...]:
    here = [{"pairing": r.get(pairing), "quality": quality(r)} for r in student.records]
    return _cells(student, iterations, path, here)


def _cells(student: Student, iterations: int, path: float, here: list[dict]) -> tuple[Cell, ...]:
    def cell(*names: str) -> Cell:
        return over_seeds([as_number(lookup(point, names)) for point in here])

    return (
        student.experiment,
        student.size_words,
        student.snapshot,
        lookup(student.config, ("distill", "lr")),
        iterations,
        path,
        cell("pairing", "delta_e"),
        cell("pairing", "delta_e_null"),
        cell("pairing", "retention"),
        cell("quality", "ratio"),
        seed_words(student.seeds),
    )
