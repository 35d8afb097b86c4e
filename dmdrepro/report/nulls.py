"""What the null of a class-conditional student is over: notes of tables, words of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dmdrepro.report.students import Student, lookup
from dmdrepro.runs.nulls import is_conditional, null_mark

MEANING = {
    "second draw": (
        "an independent pairing is a second draw of the student for the same classes and fresh "
        "noise, since teacher and student are both told the class"
    ),
    "class": (
        "an independent pairing is with another sample of the same class, since teacher and "
        "student are both told the class"
    ),
    "all pairs": (
        "evaluated before an independent pairing had to share the class; pairs of other classes "
        "count, so that two samplers that share nothing but the class score a retention and a "
        "concordance well above 0. Not to be compared with numbers of another null"
    ),
}
OF = {
    "second draw": "where a second draw for the same classes",
    "class": "where an independent pairing within the class",
    "all pairs": "where an independent pairing, over all classes,",
}
UNCONDITIONAL = "where an independent pairing"


def marks(student: Student, pairing: Callable[[Mapping], object] | None = None) -> list[str]:
    """The `null_mark` of each seed, in order; `pairing`: another part of the record."""
    part = pairing or (lambda record: record.get("pairing"))
    return [null_mark(part(record), record.get("config", {})) for record in student.records]


def null_notes(
    students: Sequence[Student], pairing: Callable[[Mapping], object] | None = None
) -> tuple[str, ...]:
    """One note for each null that class-conditional students have; none without such students."""
    found: dict[str, list[str]] = {}
    for student in students:
        for mark in filter(None, marks(student, pairing)):
            found.setdefault(mark, []).append(student.experiment)
    notes = []
    for mark, meaning in MEANING.items():
        if names := list(dict.fromkeys(found.get(mark, ()))):
            notes.append(f"Null: {mark}, of {', '.join(names)}: {meaning}.")
    return tuple(notes)


def of_over_n(record: Mapping) -> Mapping | None:
    """The part of a record whose `null` is that of the curve over N."""
    points = record.get("over_n") or ()
    return points[0] if points else None


def where_independent(student: Student) -> str:
    """`where an independent pairing`, and what it shares."""
    return OF.get(next(filter(None, marks(student)), ""), UNCONDITIONAL)


def repaired_words(student: Student) -> str:
    """How the students of Figure 11 are re-paired, of a class-conditional one."""
    if not is_conditional(student.config):
        return ""
    within = lookup(student.records[0], ("boundary", "repaired")) == "class"
    return " within the class" if within else " over all classes"
