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


def stops(record: Mapping) -> list[tuple[int, Mapping | None, Mapping | None]]:
    """(iteration, pairing, quality) of a record's students, from the start to the last.

    The start is Phi_1, of a student that starts as the teacher.
    """
    distill = lookup(record, ("config", "distill")) or {}
    quality = record.get("quality") or {}
    found = [(p["iterations"], p["pairing"], p["quality"]) for p in record.get("along") or ()]
    if distill.get("start", "teacher") == "teacher":
        found.insert(0, (0, record.get("pairing_untrained"), quality.get("teacher_1")))
    return [*found, (distill.get("iterations"), record.get("pairing"), quality.get("student"))]


def along_table(students: Sequence[Student]) -> Table:
    """One row for the start, each kept student and the last one."""
    rows: list[tuple[Cell, ...]] = []
    for student in students:
        ways = [stops(record) for record in student.records]
        places = [[iterations for iterations, *_ in way] for way in ways]
        if not student.records[0].get("along") or any(p != places[0] for p in places):
            continue
        rows += [_row(student, list(here)) for here in zip(*ways, strict=True)]
    notes = (
        "Row 0 is the student's start, Phi_1. Path: the sum of the learning rates of the student's "
        "updates so far. N, null and quality as in the table of the paper's numbers. Not in the "
        "paper.",
        SEVERAL_SEEDS,
    )
    title = "Along distillation"
    return Table("along_distillation", title, COLUMNS, tuple(rows), notes, essential=ESSENTIAL)


def _row(student: Student, here: list[tuple]) -> tuple[Cell, ...]:
    """`here`: one stop, of each seed."""
    distill, iterations = student.config["distill"], here[0][0]

    def cell(place: int, name: str) -> Cell:
        return over_seeds([as_number(lookup(stop[place], (name,))) for stop in here])

    return (
        student.experiment,
        student.size_words,
        student.snapshot,
        distill["lr"],
        iterations,
        path_length(distill, iterations),
        cell(1, "delta_e"),
        cell(1, "delta_e_null"),
        cell(1, "retention"),
        cell(2, "ratio"),
        seed_words(student.seeds),
    )
