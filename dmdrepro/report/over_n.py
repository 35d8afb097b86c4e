"""How Delta_E, its null, retention and concordance move with N, and with fresh noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dmdrepro.report.nulls import marks, null_notes, of_over_n
from dmdrepro.report.students import Student, as_number
from dmdrepro.report.table import Cell, Table, over_seeds

COLUMNS = (
    "experiment",
    "size",
    "teacher iterations",
    "seed",
    "N",
    "sets",
    "Delta_E",
    "null",
    "retention",
    "concordance",
)
ESSENTIAL = ("experiment", "N", "sets", "Delta_E", "null", "retention", "concordance")
MEASURED = ("delta_e", "delta_e_null", "retention", "concordance")


@dataclass(frozen=True)
class OverN:
    """One student's pairing over N: at each N one value a set of fresh noise."""

    experiment: str
    snapshot: int  # teacher iterations
    seed: int
    size_words: str
    n: tuple[int, ...]
    sets: tuple[Mapping[str, list[Cell]], ...]  # of each N: MEASURED -> values
    null: str = ""  # what the null is over, of a class-conditional student

    def cells(self, name: str) -> list[Cell]:
        """At each N the mean within smallest and largest of the sets."""
        return [over_seeds(found[name]) for found in self.sets]

    def means(self, name: str) -> list[float]:
        """At each N the mean; nan where a set has no such number."""
        return [
            sum(values) / len(values) if all(v is not None for v in values) else float("nan")
            for values in (found[name] for found in self.sets)
        ]


def over_n(students: Sequence[Student]) -> list[OverN]:
    """Of each experiment the first seed's student of the longest-trained teacher."""
    last = {student.experiment: student for student in students}  # ascending by snapshot
    found = []
    for student in last.values():
        curve = student.records[0].get("over_n")
        if curve:
            found.append(_curve(student, curve))
    return found


def _curve(student: Student, curve: Sequence[Mapping]) -> OverN:
    return OverN(
        student.experiment,
        student.snapshot,
        student.seeds[0],
        student.size_words,
        tuple(point["n"] for point in curve),
        tuple({name: [as_number(v) for v in point[name]] for name in MEASURED} for point in curve),
        marks(student, of_over_n)[0],
    )


def over_n_table(students: Sequence[Student]) -> Table:
    """One row an experiment and N."""
    rows = []
    for curve in over_n(students):
        known = (curve.experiment, curve.size_words, curve.snapshot, curve.seed)
        sets = [len(found["delta_e"]) for found in curve.sets]
        columns = [curve.cells(name) for name in MEASURED]
        rows += [(*known, *row) for row in zip(curve.n, sets, *columns, strict=True)]
    notes = (
        "One run: mean [smallest, largest] over disjoint sets of N noises for the same teacher and "
        "student, which is what N samples leave open; what other seeds of the networks give is in "
        "the other tables. All exact, none resampled. Of several teachers the longest trained.",
        "Delta_E and its null grow with N, without limit where both have one law, for E_OT falls "
        "as N^(-2/d); retention moves as long as E_OT does. Concordance, 1 - E_DT / E_ind over "
        "different noises, asks for no optimum: its expectation is the same at any dimension and, "
        "but for O(1/N), at any N, and it is what to compare across data sets. It is below 1 also "
        "where the samples as a set differ (a student that hardly varies has nearly 0 and a "
        "retention of 1), so where it is positive it bounds from below what was kept. Not in the "
        "paper.",
        *null_notes([s for s in students if s.records[0].get("over_n")], of_over_n),
    )
    title = "Over N, and over fresh noise"
    return Table("over_n", title, COLUMNS, tuple(rows), notes, essential=ESSENTIAL)
