"""Each seed of the students: what a mean over seeds and an interval are of."""

from collections.abc import Sequence

from dmdrepro.measures.expected import paper_number
from dmdrepro.measures.students import Student, lookup
from dmdrepro.measures.table import Cell, Table, cell_text
from dmdrepro.report.answer import answer
from dmdrepro.report.verdict import COLUMNS as VERDICT
from dmdrepro.report.verdict import NOT_RUN, number_row

COLUMNS = ("experiment", "teacher", "answer", "verdict", "Delta_E", "retention", "each seed")


def seeds_table(students: Sequence[Student]) -> Table:
    """Each student's answer, the verdict on the paper's number, Delta_E over and at its seeds.

    The verdict is of the paper's size alone. Notes name the devices, if seeds were made on several.
    """
    rows: list[tuple[Cell, ...]] = []
    notes = ["Delta_E, retention: mean [smallest, largest] over the seeds; each seed: its Delta_E."]
    for student in students:
        values = zip(student.seeds, student.each("pairing", "delta_e"), strict=True)
        each = ", ".join(f"{seed}: {cell_text(value)}" for seed, value in values)
        middle = (student.cell("pairing", name) for name in ("delta_e", "retention"))
        place = (student.experiment, student.snapshot, answer(student).word)
        rows.append((*place, verdict_word(student), *middle, each))
        made = {seed: _device(r) for seed, r in zip(student.seeds, student.records, strict=True)}
        if len({*made.values()}) > 1:
            words = ", ".join(f"seed {seed} {device}" for seed, device in made.items())
            notes.append(f"{student.experiment} ({student.snapshot:,}): {words}.")
    title = "Over the seeds"
    essential = ("experiment", "answer", "Delta_E", "each seed")
    return Table("seeds", title, COLUMNS, tuple(rows), tuple(notes), essential=essential)


def verdict_word(student: Student) -> str | None:
    """The verdict on the paper's number; None of a student that the paper has no number of."""
    number = paper_number(student.experiment, student.snapshot)
    if number is None or student.results[0].size != "paper":
        return None
    word = dict(zip(VERDICT, number_row(number, student), strict=True))["verdict"]
    return None if word == NOT_RUN else str(word)


def _device(record: dict) -> str:
    """The device and, of a job of a queue, its host."""
    facts = (lookup(record, ("provenance", name)) for name in ("device", "host"))
    return " on ".join(str(fact) for fact in facts if fact) or "an unknown device"
