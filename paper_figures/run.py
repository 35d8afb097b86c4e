"""One student's run: what a panel is drawn from, or why it cannot be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from dmdrepro.paper_figures.words import iterations
from dmdrepro.runs.results import Missing, Result

T = TypeVar("T")
SHOWN = 2000  # samples that the paper's clouds show
Results = Mapping[str, Result | Missing]


class Unavailable(Exception):
    """Something that a panel needs was not recorded; the message says what."""


@dataclass(frozen=True)
class StudentRun:
    """The student distilled from one teacher snapshot."""

    result: Result
    snapshot: int  # teacher iterations

    @property
    def experiment(self) -> str:
        return self.result.experiment

    def samples(self, name: str) -> np.ndarray:
        """The first SHOWN of `noise`, `teacher_1`, `teacher_8` or `student`: [N, ...]."""
        found = self._read(f"samples {name}", lambda: self.result.samples(self.snapshot, name))
        return found[:SHOWN]

    def array(self, name: str) -> np.ndarray:
        """An array that `evaluate` left; raises Unavailable if it left none."""
        return self._read(f"array {name}", lambda: self.result.array(self.snapshot, name))

    def record(self, part: str) -> dict:
        """One part of the evaluation's record, such as `pairing`."""
        found = self._read(f"record of {part}", lambda: self.result.record(self.snapshot)[part])
        if found is None:
            raise Unavailable(self._words(f"record of {part}"))
        return found

    def pairing(self) -> dict:
        """The record of the pairing; `null`: what it is over, "" of an unconditional student."""
        return {**self.record("pairing"), "null": self.result.null(self.snapshot)}

    def losses(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """Iterations (from 0) and values of one column of the student's log, [n] each."""
        return self._read(f"log of {column}", lambda: self.result.losses(self.snapshot)[column])

    @property
    def size_words(self) -> str:
        """`laptop size (reduced), seed 0`."""
        return f"{self.result.label}, seed {self.result.seed}"

    def detail(self, shape: tuple[int, ...] = (), teacher: bool = True) -> str:
        """One line: image size, `teacher` and student iterations, size, seed."""
        words = [f"{shape[-2]}\N{MULTIPLICATION SIGN}{shape[-1]} pixels"] if len(shape) > 1 else []
        if teacher:
            words.append(f"teacher {iterations(self.snapshot)}")
        student = self.result.config.get("distill", {}).get("iterations")
        if student is not None:
            words.append(f"student {iterations(student)}")
        return ", ".join([*words, self.size_words])

    def _read(self, what: str, read: Callable[[], T]) -> T:
        # Damage is another matter: open_results has checked every file, and left such a run out.
        try:
            return read()
        except (FileNotFoundError, KeyError):
            raise Unavailable(self._words(what)) from None

    def _words(self, what: str) -> str:
        return f"no {what} was kept for the student of the teacher at {self.snapshot:,} iterations"


def last_run(results: Results, experiment: str) -> StudentRun | Missing:
    """The student of the longest-trained teacher, or why there is none."""
    result = find(results, experiment)
    return result if isinstance(result, Missing) else StudentRun(result, result.snapshots[-1])


def find(results: Results, experiment: str) -> Result | Missing:
    """The experiment's results, or why there are none."""
    result = results.get(experiment)
    if result is None:
        return Missing(experiment, "not among the runs that were read")
    if not isinstance(result, Missing) and not result.snapshots:
        words = "; ".join(result.diverged.values())
        return Missing(experiment, f"diverged: {words}" if words else "no student was evaluated")
    return result


def planned_snapshots(result: Result) -> tuple[int, ...]:
    """Teacher iterations that the run was to evaluate, ascending, whether or not it has yet."""
    planned = result.config.get("teacher", {}).get("snapshots", ())
    return tuple(sorted({*planned, *result.evaluated}))


def run_at(result: Result, snapshot: int) -> StudentRun | Missing:
    """The student of that snapshot, or that it has not been evaluated yet."""
    if snapshot in result.snapshots:
        return StudentRun(result, snapshot)
    what = "diverged" if snapshot in result.diverged else "is not evaluated"
    return Missing(
        result.experiment, f"the student of the teacher at {snapshot:,} iterations {what}"
    )


def attempt(run: StudentRun | Missing, read: Callable[[StudentRun], T]) -> T | Missing:
    """The value that `read` takes from the run, or why it cannot. Other panels are not affected."""
    if isinstance(run, Missing):
        return run
    try:
        return read(run)
    except Unavailable as reason:
        return Missing(run.experiment, str(reason))
