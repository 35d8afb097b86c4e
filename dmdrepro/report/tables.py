"""The report: which tables there are, and the two about the paper's numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import dmdrepro.measures as measures
from dmdrepro.commands import advice, program
from dmdrepro.experiments import REGISTRY
from dmdrepro.measures.along import along_table
from dmdrepro.measures.expected import PAPER_NUMBERS, K, N, PaperNumber, paper_number
from dmdrepro.measures.null import null_notes
from dmdrepro.measures.students import Results, Student, change_words, collect, lookup
from dmdrepro.measures.table import SEVERAL_SEEDS, Cell, Table, seed_words
from dmdrepro.report.choices import choices_table, slips_table
from dmdrepro.report.verdict import verdict_table
from dmdrepro.runs.results import Missing, open_results, seeds_found

COLUMNS = (
    "experiment", "size", "teacher iterations", "student iterations", "student lr", "paper Delta_E",
    "Delta_E", "null", "retention", "concordance", "remapped", "Delta_E untrained",
    "retention untrained", "quality student", "quality Phi_8", "N", "seeds",
)  # fmt: skip
# Of these: what must not be read apart.
ESSENTIAL = (
    "experiment", "teacher iterations", "paper Delta_E", "Delta_E", "null", "retention",
    "concordance", "quality student",
)  # fmt: skip


def tables_of(results: Results, size: str, not_run: Mapping[str, str] | None = None) -> list[Table]:
    """All tables with rows, of results that `all_seeds` opened.

    `not_run`: experiment -> why it could not run.
    """
    students = collect(results)
    tables = [
        paper_and_ours_table(students),
        verdict_table(students),
        along_table(students),
        *(each.table(students) for each in measures.MEASURES if each.table is not None),
        not_run_table(results, size, not_run or {}),
        choices_table(students),
        slips_table(),
    ]
    return [table for table in tables if table.rows]


def all_seeds(runs: Path, size: str, *seeds: int) -> Results:
    """Each experiment's results of `seeds`, then of every other seed found at that size."""
    shape = measures.evaluation()
    every = dict.fromkeys([*seeds, *seeds_found(runs, size)])
    opened = [open_results(runs, size, seed, REGISTRY, advice, shape) for seed in every]
    return {name: [results[name] for results in opened] for name in REGISTRY}


def seed_first(results: Results, seed: int) -> Results:
    """The results with those of `seed` first and the others by their seed."""
    order = lambda result: (result.seed != seed, result.seed)  # noqa: E731
    return {name: sorted(each, key=order) for name, each in results.items()}


def paper_and_ours_table(students: Sequence[Student]) -> Table:
    """The paper's Delta_E beside ours, with the numbers to compare it with.

    Every number of the paper has a row. If no run has its size and configuration, the row says
    `not run`, or a reduced or changed run's row has the number in parentheses.
    """
    rows: list[tuple[Cell, ...]] = []
    notes = [
        f"Paper: N = {N}, Phi_{K} against G. Delta_E has no meaning without its null (the same "
        "samples paired independently) and the quality beside it: E_OT to the data over that of "
        "other data (1 = as good as data).",
        "Untrained: the student's start, Phi_1 against Phi_8. Its Delta_E is near 0 because Phi_1 "
        "hardly varies, whatever its pairing. Its retention says how much of the pairing there was "
        "before distillation.",
        "A number in parentheses is the paper's, of its own size and configuration. This row's run "
        "is reduced or changed, so it does not test that number.",
        SEVERAL_SEEDS,
        *null_notes(students),
    ]
    for name in dict.fromkeys(e.experiment for e in (*PAPER_NUMBERS, *students)):
        mine = [s for s in students if s.experiment == name]
        shown = [paper_number(name, s.snapshot) for s in mine]
        absent = [n for n in PAPER_NUMBERS if n.experiment == name and n not in shown]
        order = [(s.snapshot, _row(s)) for s in mine]
        order += [(n.teacher_iterations or 0, _not_run_row(n)) for n in absent]
        rows += [row for _, row in sorted(order, key=lambda pair: pair[0])]
        for student in mine:
            place = f"{name}, teacher at {student.snapshot:,} iterations"
            if student.changes:
                notes.append(f"Changed in {place}: {change_words(student.changes)}.")
            notes += [f"In {place}: {words}." for words in student.left_out]
            notes += [f"Warning: {place}. {words}" for words in student.warnings]
    title = "The paper's Delta_E and ours"
    return Table("paper_and_ours", title, COLUMNS, tuple(rows), tuple(notes), essential=ESSENTIAL)


def _row(student: Student) -> tuple[Cell, ...]:
    number = paper_number(student.experiment, student.snapshot)
    paper: Cell = "none" if number is None else number.shown
    if isinstance(paper, float) and not student.as_the_paper:
        paper = f"({paper:g})"
    return (
        *student.place,
        lookup(student.config, ("distill", "iterations")),
        lookup(student.config, ("distill", "lr")),
        paper,
        student.cell("pairing", "delta_e"),
        student.cell("pairing", "delta_e_null"),
        student.cell("pairing", "retention"),
        student.cell("pairing", "concordance"),
        student.cell("pairing", "remapped"),
        student.untrained("delta_e"),
        student.untrained("retention"),
        student.cell("quality", "student", "ratio"),
        student.cell("quality", "teacher_8", "ratio"),
        student.each("pairing", "n")[0],
        seed_words(student.seeds),
    )


def _not_run_row(number: PaperNumber) -> tuple[Cell, ...]:
    place = (number.experiment, "paper size", number.teacher_iterations)
    row = (*place, None, None, number.shown, "not run")
    return (*row, *[None] * (len(COLUMNS) - len(row)))


def not_run_table(results: Results, size: str, not_run: Mapping[str, str]) -> Table:
    """All that the report lacks, why, and how to make it."""
    rows: list[tuple[Cell, ...]] = []
    for name, (first, *_) in results.items():
        missing = isinstance(first, Missing)
        if name in not_run:
            what = "everything" if missing else "what is left to do"
            rows.append((name, what, not_run[name].removeprefix("not run: ")))
        elif missing:
            rows.append((name, "everything", first.reason.removeprefix("not run: ")))
        if missing:
            continue
        planned = lookup(first.config, ("teacher", "snapshots")) or ()
        for snapshot in sorted({*planned, *first.diverged} - {*first.snapshots}):
            what = f"student of the teacher at {snapshot:,} iterations"
            why = "not evaluated yet"
            if snapshot in first.diverged:
                why = f"seed {first.seed} diverged: left out ({first.diverged[snapshot]})"
            rows.append((name, what, why))
    rows += [(n, "everything", why) for n, why in not_run.items() if n not in results]
    if size != "paper":
        why = f"this is the {size} size (reduced): {program()} all --size paper"
        rows.append(("all experiments", "the paper's size", why))
    return Table("not_run", "Not run", ("experiment", "what", "why"), tuple(rows))
