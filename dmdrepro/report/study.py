"""A study's tables and curves: its arms side by side, over all seeds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dmdrepro.measures as measures
from dmdrepro.commands import advice
from dmdrepro.experiments import STUDIES, Arm, Study
from dmdrepro.measures.along import Way, along_table, column_notes, ways
from dmdrepro.measures.null import null_notes
from dmdrepro.measures.students import Student, collect, lookup
from dmdrepro.measures.table import SEVERAL_SEEDS, Cell, Table, over_seeds, seed_words
from dmdrepro.runs.layout import seed_folder
from dmdrepro.runs.results import Missing, Result, open_result, seeds_found

Arms = Mapping[str, Sequence[Result | Missing]]


@dataclass(frozen=True)
class OpenStudy:
    """A study at one size, and what its arms left."""

    study: Study
    arms: Arms


def open_arms(study: Study, runs: Path, seeds: Iterable[int]) -> Arms:
    """The results of each arm and seed; missing ones come last."""
    found = {}
    for arm in study.arms:
        opened = []
        for seed in seeds:
            folder = _folder(study, arm, runs, seed)
            where = (folder, arm.name, study.size, seed, study.name, arm.teacher_folder(folder))
            opened.append(open_result(Result(*where, measures.evaluation()), advice))
        found[arm.name] = sorted(opened, key=lambda result: isinstance(result, Missing))
    return found


def open_studies(runs: Path, size: str, seed: int) -> list[OpenStudy]:
    """The studies that `seed` has results of, each over all seeds that have begun it.

    Results that are damaged or stale count: their arms say why they are not shown.
    """
    found = []
    for study in (study.at(size) for study in STUDIES.values()):
        seeds = begun(study, runs)
        if seed not in seeds:
            continue
        arms = open_arms(study, runs, dict.fromkeys([seed, *seeds]))
        mine = [r for opened in arms.values() for r in opened if r.seed == seed]
        if any(not isinstance(result, Missing) or result.unusable for result in mine):
            found.append(OpenStudy(study, arms))
    return found


def begun(study: Study, runs: Path) -> list[int]:
    """The seeds of which an arm has a folder, ascending."""
    return [
        seed
        for seed in seeds_found(runs, study.size)
        if any(_folder(study, arm, runs, seed).is_dir() for arm in study.arms)
    ]


def _folder(study: Study, arm: Arm, runs: Path, seed: int) -> Path:
    return seed_folder(runs, study.size, seed) / f"{study.experiment}@{arm.name}"


def damaged_arms(arms: Arms) -> dict[str, str]:
    """`arm (seed k)` -> "is damaged: ...", the sentence about its file."""
    return {
        f"{arm} (seed {result.seed})": f"is damaged: {result.damage}"
        for arm, opened in arms.items()
        for result in opened
        if isinstance(result, Missing) and result.damage
    }


def study_tables(study: Study, arms: Arms) -> list[Table]:
    """The arms' students at their end, those on the way, and what is missing."""
    students = collect(arms, every=True)
    notes = (
        f"{study.question} Each arm is {study.experiment} at {study.size} size with the changes "
        "named in dmdrepro/experiments/studies.py.",
        "Path: the sum of the learning rates of the student's updates. Retention of the teacher's "
        "map: 1 if Phi_8 is the optimal transport of these noises, 0 if it is no better than "
        "an independent pairing (of the same class, if there are classes).",
        *column_notes(),
        SEVERAL_SEEDS,
        *null_notes(students),
        *(f"In {s.name}: {words}." for s in students for words in s.left_out),
        *(f"Warning: {s.name}. {words}" for s in students for words in s.warnings),
    )
    heads, own = [], []
    for each in measures.MEASURES:
        own += (names := [quantity.head for quantity in each.quantities])
        heads += [*names, *each.columns]
    absent = tuple(
        (arm.name, result.seed, why)
        for arm in study.arms
        for result in arms.get(arm.name, ())
        for why in _lacks(arm, result)
    )
    columns, rows = ("arm", "iterations", "path", *heads, "seeds"), tuple(map(_row, students))
    name, essential = study.name, ("arm", *own, "seeds")
    tables = (
        Table(f"study_{name}", f"Study {name}", columns, rows, notes, essential),
        along_table(students),
        Table("not_run", "Not run", ("arm", "seed", "why"), absent),
    )
    return [table for table in tables if table.rows]


def _lacks(arm: Arm, result: Result | Missing) -> list[str]:
    """Why a student of an arm's seed is not in the table."""
    if isinstance(result, Missing):
        return [result.reason]
    planned = lookup(result.config, ("teacher", "snapshots")) or ()
    absent = {*(planned if arm.every_teacher else planned[-1:])} - {*result.evaluated}
    return [
        *(f"teacher at {snapshot:,} iterations: not evaluated yet" for snapshot in sorted(absent)),
        *(f"diverged: left out ({words})" for words in result.diverged.values()),
    ]


def _row(student: Student) -> tuple[Cell, ...]:
    found, cells = ways(student), []
    for each in measures.MEASURES:
        for quantity in each.quantities:
            cells.append(over_seeds([way.values(each.key, quantity.path)[-1] for way in found]))
        cells += [cell(student) for cell in each.columns.values()]
    end = found[0].iterations[-1], found[0].path[-1]
    return (student.name, *end, *cells, seed_words(student.seeds))


def study_ways(arms: Arms) -> list[Way]:
    """The way of every student and seed of the table."""
    return [way for student in collect(arms, every=True) for way in ways(student)]
