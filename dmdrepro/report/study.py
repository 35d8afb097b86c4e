"""A study's tables and curves: its arms side by side, over all seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dmdrepro.experiments import STUDIES, Arm, Study
from dmdrepro.report.along import along_table, path_length, stops
from dmdrepro.report.students import Student, as_number, collect, lookup
from dmdrepro.report.table import SEVERAL_SEEDS, Table, seed_words
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


def open_arms(study: Study, runs: Path, seeds: Iterable[int]) -> Arms:
    """Of each arm the results of every seed, those that are there first."""
    found = {}
    for arm in study.arms:
        opened = []
        for seed in seeds:
            folder = _folder(study, arm, runs, seed)
            opened.append(open_result(Result(folder, arm.name, study.size, seed, study.name)))
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
        "an independent pairing.",
        SEVERAL_SEEDS,
        *(f"In {s.experiment}: {words}." for s in students for words in s.left_out),
        *(f"Warning: {s.experiment}. {words}" for s in students for words in s.warnings),
    )
    title = f"Study {study.name}"
    tables = [Table(f"study_{study.name}", title, COLUMNS, rows, notes, essential=ESSENTIAL)]
    tables.append(along_table(students))
    absent = tuple(
        (result.experiment, result.seed, result.reason)
        for opened in arms.values()
        for result in opened
        if isinstance(result, Missing)
    )
    tables.append(Table("not_run", "Not run", ("arm", "seed", "why"), absent))
    return [table for table in tables if table.rows]


def _row(student: Student) -> tuple:
    distill = lookup(student.config, ("distill",))
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
        student.cell("teacher_map", "retention"),
        seed_words(student.seeds),
    )


def curves(arms: Arms) -> list[Curve]:
    """The way of every arm and seed of the table, of the longest-trained teacher."""
    last = {student.experiment: student for student in collect(arms)}
    return [
        _curve(arm, seed, record)
        for arm, student in last.items()
        for seed, record in zip(student.seeds, student.records, strict=True)
    ]


def _curve(arm: str, seed: int, record: Mapping) -> Curve:
    way, distill = stops(record), record["config"]["distill"]
    iterations = [it for it, *_ in way]
    return Curve(
        arm,
        seed,
        iterations,
        [path_length(distill, it) for it in iterations],
        [_number(pairing, "retention") for _, pairing, _ in way],
        [_number(pairing, "concordance") for _, pairing, _ in way],
        [_number(quality, "ratio") for *_, quality in way],
    )


def _number(record: Mapping | None, name: str) -> float:
    """A record's number, nan where it has none."""
    value = as_number(lookup(record, (name,)))
    return math.nan if value is None else float(value)
