"""A study's tables and curves: its arms side by side, over all seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dmdrepro.commands import advice
from dmdrepro.experiments import STUDIES, Arm, Study
from dmdrepro.report.along import along_table, path_length, stops
from dmdrepro.report.loss_at import NOTE, losses_at
from dmdrepro.report.nulls import marks, null_notes
from dmdrepro.report.students import Student, as_number, collect, lookup
from dmdrepro.report.table import SEVERAL_SEEDS, Table, over_seeds, seed_words
from dmdrepro.runs.layout import seed_folder
from dmdrepro.runs.results import Missing, Result, open_result, seeds_found

Arms = Mapping[str, Sequence[Result | Missing]]

COLUMNS = (
    "arm",
    "iterations",
    "path",
    "Delta_E",
    "null",
    "retention",
    "concordance",
    "remapped",
    "retention untrained",
    "quality student",
    "quality Phi_8",
    "DM loss",
    "retention of the teacher's map",
    "seeds",
)
ESSENTIAL = ("arm", "Delta_E", "null", "retention", "concordance", "quality student", "seeds")


@dataclass(frozen=True)
class OpenStudy:
    """A study at one size, and what its arms left."""

    study: Study
    arms: Arms


@dataclass(frozen=True)
class Curve:
    """One arm and seed along distillation, from its start to its end."""

    arm: str
    seed: int
    iterations: list[int]
    path: list[float]  # sum of the learning rates of the student's updates
    retention: list[float]
    concordance: list[float]
    quality: list[float]  # E_OT to the data over that of other data
    loss_dm: list[float] = field(default_factory=list)  # as in `loss_at`; nan where not logged
    size: str = ""  # in words, as `Result.label`
    null: str = ""  # what the null is over, of a class-conditional student
    images: bool = False  # whether the samples are images


def open_arms(study: Study, runs: Path, seeds: Iterable[int]) -> Arms:
    """Of each arm the results of every seed, those that are there first."""
    found = {}
    for arm in study.arms:
        opened = []
        for seed in seeds:
            folder = _folder(study, arm, runs, seed)
            teacher = arm.teacher_folder(folder)
            result = Result(folder, arm.name, study.size, seed, study.name, teacher)
            opened.append(open_result(result, advice))
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
    students = collect(arms)
    rows = tuple(_row(student) for student in students)
    notes = (
        f"{study.question} Each arm is {study.experiment} at {study.size} size with the changes "
        "named in dmdrepro/experiments/studies.py.",
        "Path: the sum of the learning rates of the student's updates. Retention of the teacher's "
        "map: 1 where Phi_8 is the optimal transport of these noises, 0 where it is no better than "
        "an independent pairing (of the same class, where there are classes).",
        NOTE,
        SEVERAL_SEEDS,
        *null_notes(students),
        *(f"In {s.experiment}: {words}." for s in students for words in s.left_out),
        *(f"Warning: {s.experiment}. {words}" for s in students for words in s.warnings),
    )
    title = f"Study {study.name}"
    tables = [Table(f"study_{study.name}", title, COLUMNS, rows, notes, essential=ESSENTIAL)]
    tables.append(along_table(students))
    absent = tuple(
        (result.experiment, result.seed, why)
        for opened in arms.values()
        for result in opened
        for why in _lacks(result)
    )
    tables.append(Table("not_run", "Not run", ("arm", "seed", "why"), absent))
    return [table for table in tables if table.rows]


def _lacks(result: Result | Missing) -> list[str]:
    """Why an arm's seed is not in the table."""
    if isinstance(result, Missing):
        return [result.reason]
    return [f"diverged: left out ({words})" for words in result.diverged.values()]


def _row(student: Student) -> tuple:
    distill = lookup(student.config, ("distill",))
    last = [
        losses_at(result, student.snapshot, [distill["iterations"]])[0]
        for result in student.results
    ]
    return (
        student.experiment,
        distill["iterations"],
        path_length(distill, distill["iterations"]),
        student.cell("pairing", "delta_e"),
        student.cell("pairing", "delta_e_null"),
        student.cell("pairing", "retention"),
        student.cell("pairing", "concordance"),
        student.cell("pairing", "remapped"),
        student.untrained("retention"),
        student.cell("quality", "student", "ratio"),
        student.cell("quality", "teacher_8", "ratio"),
        over_seeds(last),
        student.cell("teacher_map", "retention"),
        seed_words(student.seeds),
    )


def curves(arms: Arms) -> list[Curve]:
    """The way of every arm and seed of the table, of the longest-trained teacher."""
    last = {student.experiment: student for student in collect(arms)}
    return [
        _curve(student, result, record, null)
        for student in last.values()
        for result, record, null in zip(
            student.results, student.records, marks(student), strict=True
        )
    ]


def _curve(student: Student, result: Result, record: Mapping, null: str) -> Curve:
    way, distill = stops(record), record["config"]["distill"]
    iterations = [it for it, *_ in way]
    losses = losses_at(result, student.snapshot, iterations)
    return Curve(
        student.experiment,
        result.seed,
        iterations,
        [path_length(distill, it) for it in iterations],
        [_number(pairing, "retention") for _, pairing, _ in way],
        [_number(pairing, "concordance") for _, pairing, _ in way],
        [_number(quality, "ratio") for *_, quality in way],
        [math.nan if loss is None else float(loss) for loss in losses],
        result.label,
        null,
        images="resolution" in record["config"]["data"],
    )


def _number(record: Mapping | None, name: str) -> float:
    """A record's number, nan where it has none."""
    value = as_number(lookup(record, (name,)))
    return math.nan if value is None else float(value)
