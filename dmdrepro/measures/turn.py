"""By how much a toy's student is its teacher turned."""

from collections.abc import Sequence

from dmdrepro.measures.measure import Measure, Measured, Sampled
from dmdrepro.measures.students import PLACE, Student, as_number, lookup
from dmdrepro.measures.table import Table
from dmdrepro.runs.shape import Maybe, number

COLUMNS = ("turn (degrees)", "concordance", "concordance turned")
PATHS = (("turn", "degrees"), ("pairing", "concordance"), ("turn", "concordance"))
SHAPE = {"concordance?": number, "degrees?": number}


def measure(of: Sampled) -> Measured | None:
    """Of a toy; of an image no two coordinates belong together."""
    from dmdrepro.metrics import turn_of

    teacher = of.samples["teacher_8"]
    if teacher.ndim != 2:
        return None
    found = {name: turn_of(teacher, of.samples[name]).to_json() for name in (*of.kept, "student")}
    return Measured({"turn": found.pop("student")}, found)


def table(students: Sequence[Student]) -> Table:
    """One row a seed for each kept student of a toy and the last one."""
    rows = []
    for student in students:
        for record, seed in zip(student.records, student.seeds, strict=True):
            last = {**record, "iterations": lookup(student.config, ("distill", "iterations"))}
            for stop in (*(record.get("along") or ()), last):
                if stop.get("turn") is not None:
                    values = [as_number(lookup(stop, path)) for path in PATHS]
                    rows.append((*student.place, stop["iterations"], *values, seed))
    notes = (
        "The angle, in the first two coordinates, that brings the teacher's 8-step samples nearest "
        "to the student's, and the concordance after that turn. It is never below the concordance "
        "without a turn, and about 0 if nothing is kept at any angle. Not in the paper.",
    )
    title = "By how much the student is the teacher turned"
    columns = (*PLACE, "distillation iterations", *COLUMNS, "seed")
    essential = ("experiment", "distillation iterations", *COLUMNS)
    return Table("turned", title, columns, tuple(rows), notes, essential=essential)


TURN = Measure("turn", measure=measure, shape={"turn": Maybe(SHAPE)}, at_stop=SHAPE, table=table)
