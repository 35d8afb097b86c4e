"""Along distillation: by how much a toy's student is its teacher turned."""

from __future__ import annotations

from collections.abc import Sequence

from dmdrepro.report.students import Student, as_number, lookup
from dmdrepro.report.table import Cell, Table

COLUMNS = (
    "experiment",
    "size",
    "teacher iterations",
    "distillation iterations",
    "turn (degrees)",
    "concordance",
    "concordance turned",
    "seed",
)
ESSENTIAL = (
    "experiment",
    "distillation iterations",
    "turn (degrees)",
    "concordance",
    "concordance turned",
)
PATHS = (("turn", "degrees"), ("pairing", "concordance"), ("turn", "concordance"))


def turned_table(students: Sequence[Student]) -> Table:
    """One row a seed for each kept student of a toy and the last one."""
    rows: list[tuple[Cell, ...]] = []
    for student in students:
        for record, seed in zip(student.records, student.seeds, strict=True):
            last = {**record, "iterations": lookup(student.config, ("distill", "iterations"))}
            for stop in (*(record.get("along") or ()), last):
                if stop.get("turn") is None:
                    continue
                values = [as_number(lookup(stop, path)) for path in PATHS]
                place = (student.experiment, student.size_words, student.snapshot)
                rows.append((*place, stop["iterations"], *values, seed))
    notes = (
        "The teacher's 8-step samples turned in their first two coordinates by the angle that "
        "brings them nearest to the student's, and the concordance that is then left (never below "
        "the pairing's own; about 0 where nothing is kept at any angle). Not in the paper.",
    )
    title = "By how much the student is the teacher turned"
    return Table("turned", title, COLUMNS, tuple(rows), notes, essential=ESSENTIAL)
