"""What an independent pairing shares, in words: of all pairs, of a class, of a second draw."""

from collections.abc import Callable, Mapping, Sequence

from dmdrepro.measures.students import Student

MEANING = {
    "second draw": (
        "an independent pairing is a second draw of the student for the same classes and fresh "
        "noise, because teacher and student are both told the class"
    ),
    "class": (
        "an independent pairing is with another sample of the same class, because teacher and "
        "student are both told the class"
    ),
    "all pairs": (
        "evaluated before an independent pairing had to share the class. Pairs of other classes "
        "count, so two samplers that share only the class score a retention and a concordance well "
        "above 0. Do not compare these numbers with those of another null"
    ),
}
OF = {
    "second draw": "a second draw for the same classes",
    "class": "an independent pairing within the class",
    "all pairs": "an independent pairing over all classes",
    "": "an independent pairing",
}


def null_notes(
    students: Sequence[Student], pairing: Callable[[Mapping], Mapping | None] | None = None
) -> tuple[str, ...]:
    """One note for each null that class-conditional students have; `pairing`: see `nulls`."""
    found: dict[str, list[str]] = {}
    for student in students:
        for mark in student.nulls(pairing):
            found.setdefault(mark, []).append(student.experiment)
    return tuple(
        f"Null: {mark}, of {', '.join(dict.fromkeys(found[mark]))}: {meaning}."
        for mark, meaning in MEANING.items()
        if mark in found
    )


def independent(student: Student) -> str:
    """`an independent pairing`, and what it shares."""
    return OF[next(filter(None, student.nulls()), "")]
