"""The students that were evaluated, each with all seeds of the same configuration."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dmdrepro.experiments import ConfigError, as_of_now, build, leaves
from dmdrepro.measures.table import Cell, over_seeds
from dmdrepro.runs.results import Missing, Result
from dmdrepro.runs.shown import ALL_PAIRS

# Of each experiment: the seed that was asked for first, then any others.
Results = Mapping[str, Sequence[Result | Missing]]
SNAPSHOTS = "teacher.snapshots"
PLACE = ("experiment", "size", "teacher iterations")  # the heads of `Student.place`
# The seed, and what changes neither a student nor its Delta_E, which is over the first
# `sampling.pairing` noises.
ASIDE = (
    *("seed", "distill.snapshots", "sampling.total", "sampling.sizes"),
    *("sampling.sets", "sampling.phi_32"),
)


@dataclass(frozen=True)
class Student:
    """One teacher snapshot's student; the results differ in nothing but the seed."""

    experiment: str
    snapshot: int  # teacher iterations
    results: tuple[Result, ...]
    left_out: tuple[str, ...] = ()  # seeds of another configuration or that diverged, in words

    @cached_property
    def records(self) -> tuple[dict, ...]:
        return tuple(result.record(self.snapshot) for result in self.results)

    @cached_property
    def stops(self) -> list[int]:
        """The iterations of the stops that all seeds have, ascending."""
        every = [stops_of(record) for record in self.records]
        return [stop for stop in every[0] if all(stop in stops for stops in every)]

    @property
    def seeds(self) -> list[int]:
        return [result.seed for result in self.results]

    @property
    def config(self) -> dict:
        return config_of(self.records[0])

    @cached_property
    def changes(self) -> dict[str, tuple[object, object]]:
        """Field -> (value of this size, value of this run), if the two differ."""
        result = self.results[0]
        try:
            usual = build(self.experiment, result.size, result.seed).as_dict()
        except ConfigError:
            return {}
        changed = differences(usual, self.config)
        # The teacher trains the same whichever snapshots are kept; this row names its own.
        if self.snapshot in usual["teacher"]["snapshots"]:
            changed.pop(SNAPSHOTS, None)
        return changed

    @property
    def as_the_paper(self) -> bool:
        """Whether this is the paper's size with nothing changed."""
        return self.results[0].size == "paper" and not self.changes

    @property
    def size_words(self) -> str:
        """`laptop size (reduced)`, with `, changed` if fields were set by hand."""
        return self.results[0].label + (", changed" if self.changes else "")

    @property
    def place(self) -> tuple[str, str, int]:
        """The first cells of its rows, under PLACE."""
        return self.experiment, self.size_words, self.snapshot

    @property
    def name(self) -> str:
        """Its experiment or arm, with its teacher unless that is the longest-trained one alone."""
        longest = max(lookup(self.config, ("teacher", "snapshots")) or (self.snapshot,))
        several = any(len(result.evaluated) > 1 for result in self.results)
        usual = self.snapshot == longest and not several
        return self.experiment if usual else f"{self.experiment}, teacher {self.snapshot:,}"

    @property
    def teacher_words(self) -> str:
        return f"Teacher of {self.snapshot:,} iterations"

    def nulls(self, pairing: Callable[[Mapping], Mapping | None] | None = None) -> list[str]:
        """Of each seed what its null is over, "" of an unconditional one.

        `pairing`: another part of the record than the student's own.
        """
        return [result.null(self.snapshot, pairing) for result in self.results]

    def each(self, *path: str) -> list[Cell]:
        """One value a seed of a record's entry, such as `pairing`, `delta_e`."""
        return [as_number(lookup(record, path)) for record in self.records]

    def finite(self, *path: str) -> list[float]:
        """`each`, if every seed has a finite number; otherwise empty."""
        cells = self.each(*path)
        numbers = [c for c in cells if isinstance(c, int | float) and math.isfinite(c)]
        return numbers if len(numbers) == len(cells) else []

    @property
    def warnings(self) -> list[str]:
        """What makes the pairing of a record doubtful, each sentence once a seed."""
        found = []
        for seed, record in zip(self.seeds, self.records, strict=True):
            found += [f"Seed {seed}: {words}" for words in _warnings(record)]
        return found

    @property
    def collapsed(self) -> bool:
        """Whether the student hardly varies in half of the seeds or more."""
        return 2 * sum(hardly_varies(_warnings(r)) for r in self.records) >= len(self.records)

    def cell(self, *path: str) -> Cell:
        return over_seeds(self.each(*path))

    def untrained(self, name: str) -> Cell:
        """Of the student's start, if that is Phi_1."""
        return self.cell("pairing_untrained", name) if starts_as_phi_1(self.config) else None


def collect(results: Results, every: bool = False) -> list[Student]:
    """Every student of the first seed, with the other seeds that share its configuration.

    `every`: also those of other seeds alone. Seeds that diverged (dmdrepro/runs/divergence.py) are
    left out and named, the first too.
    """
    students = []
    for experiment, opened in results.items():
        having = [r for r in (opened if every else opened[:1]) if not isinstance(r, Missing)]
        for snapshot in sorted({snapshot for result in having for snapshot in result.evaluated}):
            first = next(result for result in having if snapshot in result.evaluated)
            same: list[Result] = []
            left_out: list[str] = []
            for result in opened:
                if (words := _why_not(result, snapshot, first)) is None:
                    same.append(result)
                elif words:
                    left_out.append(f"seed {result.seed} {words}")
            if same:
                same.sort(key=lambda result: result.seed)
                students.append(Student(experiment, snapshot, tuple(same), tuple(left_out)))
    return students


def _why_not(result: Result | Missing, snapshot: int, first: Result) -> str | None:
    """Why a seed is not averaged with the first one, "" if it has nothing; None: it is."""
    if isinstance(result, Missing):
        return f"is left out, {result.reason}" if result.unusable else ""
    if snapshot not in result.evaluated:
        return ""
    if snapshot in result.diverged:
        return f"diverged: left out ({result.diverged[snapshot]})"
    changed = differences(config_of(first.record(snapshot)), config_of(result.record(snapshot)))
    changed.pop(SNAPSHOTS, None)
    if changed:
        return f"is left out, it has {change_words(changed)}"
    # Of class-conditional students: the two kinds of null must not be averaged.
    over, usual = result.null(snapshot), first.null(snapshot)
    if over != usual and ALL_PAIRS in (over, usual):
        whose = ALL_PAIRS if over == ALL_PAIRS else "pairs of one class"
        return f"is left out, its null is over {whose}"
    return None


def config_of(record: dict) -> dict:
    """A record's configuration, with the fields that its experiment was given since."""
    return as_of_now(record.get("config", {}))


def differences(usual: Mapping, found: Mapping) -> dict[str, tuple[object, object]]:
    """Dotted field -> both values, if both have it and they differ; without ASIDE."""
    values = leaves(found)
    return {
        name: (value, values[name])
        for name, value in leaves(usual).items()
        if name not in ASIDE and values.get(name, value) != value
    }


def change_words(changes: Mapping[str, tuple[object, object]]) -> str:
    return ", ".join(f"{name} {new} instead of {old}" for name, (old, new) in changes.items())


def stops_of(record: Mapping) -> list[int]:
    """The iterations of every stop: 0 if the student began as Phi_1, those kept, the last."""
    distill = lookup(record, ("config", "distill")) or {}
    start = [0] if starts_as_phi_1({"distill": distill}) else []
    kept = (stop["iterations"] for stop in record.get("along") or ())
    return [*start, *kept, distill.get("iterations")]


def starts_as_phi_1(config: Mapping) -> bool:
    """Whether the student began as the teacher that Phi_1 and Phi_8 were drawn from."""
    distill = config.get("distill", {})
    return all(distill.get(name) == "teacher" for name in ("start", "real_score"))


def hardly_varies(warnings: Iterable[str]) -> bool:
    """Whether one of a pairing's warnings (metrics/implausible.py) says so of the student."""
    return any("student hardly varies" in words for words in warnings)


def _warnings(record: Mapping) -> list[str]:
    said = lookup(record, ("pairing", "warnings"))
    return [words for words in said if isinstance(words, str)] if isinstance(said, list) else []


def lookup(record: object, path: Sequence[str]) -> object:
    """The entry at a path of keys, or None if the record has none."""
    for key in path:
        if not isinstance(record, Mapping) or key not in record:
            return None
        record = record[key]
    return record


def last_of(students: Sequence[Student]) -> list[Student]:
    """Of each experiment the student of the longest-trained teacher."""
    return list({student.experiment: student for student in students}.values())


def as_number(value: object) -> Cell:
    """A record's number: strict JSON has "inf" and "nan" as strings."""
    if value in ("inf", "-inf", "nan"):
        return float(value)
    return value if isinstance(value, int | float) else None
