"""Reading finished runs: what figures and tables are made from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dmdrepro.runs import files, layout
from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.links import refuse_links
from dmdrepro.runs.log import read_losses
from dmdrepro.runs.record import EVALUATION, KNOWN, STAGE
from dmdrepro.runs.shape import Shape, read_shaped
from dmdrepro.runs.shown import Shown

if TYPE_CHECKING:
    import numpy as np


KNOWN_NAME = "known answers"


@dataclass(frozen=True)
class Missing:
    """An experiment without results to show, and why."""

    experiment: str
    reason: str
    seed: int | None = None
    damage: str = ""  # the whole sentence about a damaged file
    stale: str = ""  # that about stages which are not of one make

    @property
    def unusable(self) -> bool:
        """Whether there are results, damaged or stale."""
        return bool(self.damage or self.stale)


class Stale(Exception):
    """Stages that do not belong together; the message says which.

    `stage`: the first that has to be made anew ("all": from the teacher on); "": one is not done.
    """

    def __init__(self, words: str, stage: str) -> None:
        super().__init__(words)
        self.stage = stage


class Result(Shown):
    """The finished stages of one experiment at one size and seed."""

    def __init__(
        self,
        folder: Path,
        experiment: str,
        size: str,
        seed: int,
        study: str = "",
        teacher: Path | None = None,
        shape: Mapping[str, Shape] = EVALUATION,
    ) -> None:
        """`study`: whose arm `experiment` names; empty: an experiment of its own.

        `teacher`: the folder whose teacher was distilled; None: this one. `shape`: what an
        evaluation's record has to hold (dmdrepro.measures.evaluation).
        """
        self.folder, self.experiment, self.size, self.seed = folder, experiment, size, seed
        self.study, self._teacher, self._shape = study, teacher or folder, shape
        self._verified: dict[Path, dict[str, str]] = {}  # folder -> SHA-256 by file name
        self._records: dict[tuple[str, int], dict] = {}
        self._losses: dict[int, dict[str, tuple[np.ndarray, np.ndarray]]] = {}

    @cached_property
    def evaluated(self) -> tuple[int, ...]:
        """Teacher iterations whose student has been evaluated, ascending."""
        done = self.folder.glob(f"evaluate-*/{files.MANIFEST}")
        return tuple(layout.numbers_of((path.parent.name for path in done), "evaluate-"))

    def record(self, snapshot: int, stage: str = "evaluate") -> dict:
        """The record of a stage; of the teacher if `stage` is "teacher"."""
        key = stage, snapshot
        if key not in self._records:
            shape = self._shape if stage == "evaluate" else STAGE
            self._records[key] = read_shaped(self._file(stage, snapshot, layout.RECORD), shape)
        return self._records[key]

    def samples(self, snapshot: int, name: str) -> np.ndarray:
        """`noise`, `labels`, `teacher_1`, `teacher_8`, `teacher_32` or `student`: [N, ...]."""
        return self._array("sample", snapshot, name)

    def array(self, snapshot: int, name: str) -> np.ndarray:
        """An array that `evaluate` left, such as `heatmap` or `assignment`."""
        return self._array("evaluate", snapshot, name)

    def losses(self, snapshot: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Column -> (iterations, values) of the student's log."""
        import numpy as np

        if snapshot not in self._losses:
            columns = read_losses(self._file("distill", snapshot, layout.LOG)).items()
            self._losses[snapshot] = {k: (np.array(s), np.array(v)) for k, (s, v) in columns}
        return self._losses[snapshot]

    def digest(self, snapshot: int) -> str:
        """SHA-256 of all that figures read of a student; equal results, made twice, have one."""
        made = {}
        for stage in ("distill", "sample", "evaluate"):
            listed = self._verify(stage, snapshot).items()
            made[stage] = {k: v for k, v in listed if k.endswith((".npy", ".jsonl"))}
        measured = {k: v for k, v in self.record(snapshot).items() if k != "provenance"}
        return hashlib.sha256(files.json_text([made, measured]).encode()).hexdigest()

    def _array(self, stage: str, snapshot: int, name: str) -> np.ndarray:
        file = self._file(stage, snapshot, f"{name}.npy")
        array = read_array(file)
        if name.startswith("heatmap") and array.ndim != (1 if name.endswith("assignment") else 2):
            raise DamagedArtifact(files.unexpected(file, f"its shape is {list(array.shape)}"))
        return array

    def check(self) -> None:
        """Check every evaluation's files, and that evaluation, samples and student are of one make.

        Raises DamagedArtifact for a file that is not what was written, Stale if a stage was
        made from files that have changed since.
        """
        for snapshot in self.evaluated:
            self.record(snapshot)
            samples = self._made("sample", snapshot)
            student = self._made("distill", snapshot).get(layout.student_file())
            if self._own_teacher(snapshot) is False:
                raise Stale(
                    f"distill-{snapshot} was distilled from another teacher than lies there now",
                    "all",
                )
            if self._made_from("sample", snapshot, "student_weights") != student:
                raise Stale(
                    f"sample-{snapshot} was drawn from another student than distill-{snapshot}",
                    "sample",
                )
            arrays = {name: h for name, h in samples.items() if name.endswith(".npy")}
            if self._made_from("evaluate", snapshot, "samples") != arrays:
                raise Stale(
                    f"evaluate-{snapshot} measured other samples than sample-{snapshot}", "evaluate"
                )

    def _own_teacher(self, snapshot: int) -> bool | None:
        """Whether the teacher that lies there is the student's own; None if none lies there."""
        listing = self._place("teacher", snapshot) / files.MANIFEST
        if not listing.is_file():
            return None
        there = files.read_manifest(listing).get(layout.snapshot_file(snapshot))
        return there == self.teacher_weights(snapshot)

    def teacher_weights(self, snapshot: int) -> str | None:
        """SHA-256 of the teacher that the student was distilled from."""
        return self._made_from("distill", snapshot, "teacher_weights")

    def own_measures(self, snapshot: int) -> list[str]:
        """Keys of the measures that files had registered when the student was evaluated."""
        return list(self._made_from("evaluate", snapshot, "loaded_measures") or ())

    def teacher_record(self, snapshot: int) -> dict:
        """The record of the student's teacher; FileNotFoundError if it is gone or replaced."""
        if not self._own_teacher(snapshot):
            raise FileNotFoundError(f"it is not in {self._place('teacher', snapshot)}")
        return self.record(snapshot, "teacher")

    def _made(self, stage: str, snapshot: int) -> dict[str, str]:
        """The hashes of a stage that an evaluation stands on; raises Stale if it is not done."""
        if not (self._place(stage, snapshot) / files.MANIFEST).is_file():
            raise Stale(f"{stage}-{snapshot} is not done, though it was evaluated", "")
        return self._verify(stage, snapshot)

    def _made_from(self, stage: str, snapshot: int, name: str) -> object:
        """The hashes that a stage recorded of what it was made from."""
        return files.read_json(self._file(stage, snapshot, layout.CONFIG)).get(name)

    def _file(self, stage: str, snapshot: int, name: str) -> Path:
        self._verify(stage, snapshot)
        return self._place(stage, snapshot) / name

    def _verify(self, stage: str, snapshot: int) -> dict[str, str]:
        """A stage's hashes, its files checked once."""
        folder = self._place(stage, snapshot)
        if folder not in self._verified:
            refuse_links(folder, layout.runs_of(self.folder))
            self._verified[folder] = files.verify_manifest(folder)
        return self._verified[folder]

    def _place(self, stage: str, snapshot: int) -> Path:
        if stage != "teacher":
            return self.folder / f"{stage}-{snapshot}"
        return self._teacher / "teacher"


# What to do about a result that cannot be shown: see `Stale.stage`; None if nothing was run.
Advice = Callable[[Result, str | None], str]

_NO_ADVICE: Advice = lambda result, stage: ""  # noqa: E731


def read_array(file: Path) -> np.ndarray:
    """A stage's array; raises DamagedArtifact if the file, whole by its manifest, holds none."""
    import numpy as np

    try:
        return np.load(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise DamagedArtifact(files.unexpected(file, str(error))) from None


def seeds_found(runs: Path, size: str) -> list[int]:
    """The seeds that have a folder at a size, ascending."""
    folders = (path.name for path in (runs / size).glob("seed*") if path.is_dir())
    return layout.numbers_of(folders, "seed")


def open_results(
    runs: Path,
    size: str,
    seed: int,
    experiments: Iterable[str],
    advice: Advice = _NO_ADVICE,
    shape: Mapping[str, Shape] = EVALUATION,
) -> dict[str, Result | Missing]:
    """The finished results of each experiment below `runs`, checked, or why there are none."""
    folder = layout.seed_folder(runs, size, seed)
    found = {name: Result(folder / name, name, size, seed, shape=shape) for name in experiments}
    return {name: open_result(result, advice) for name, result in found.items()}


def open_result(result: Result, advice: Advice = _NO_ADVICE) -> Result | Missing:
    """The result with its files checked, or why it cannot be shown."""
    name, seed = result.experiment, result.seed
    if not result.evaluated:
        return Missing(name, ": ".join(filter(None, ("not run", advice(result, None)))), seed)
    try:
        result.check()
    except DamagedArtifact as error:
        return _damaged(name, result.folder, seed, error)
    except Stale as error:
        words = "; ".join(filter(None, (str(error), advice(result, error.stage))))
        return Missing(name, f"stale: {words}", seed, stale=f"{words}.")
    return result


def open_known(runs: Path, size: str, seed: int, command: str = "") -> dict | Missing:
    """The record of the known answers, its files checked, or why there is none to show.

    `command`: what makes it.
    """
    folder = layout.known_folder(runs, size, seed)
    if not (folder / files.MANIFEST).is_file():
        return Missing(KNOWN_NAME, ": ".join(filter(None, ("not run", command))), seed)
    try:
        refuse_links(folder, runs)
        files.verify_manifest(folder)
        return read_shaped(folder / layout.RECORD, KNOWN)
    except DamagedArtifact as error:
        return _damaged(KNOWN_NAME, folder, seed, error)


def _damaged(name: str, folder: Path, seed: int, error: DamagedArtifact) -> Missing:
    what = str(error).partition(";")[0].replace(f"{folder}{os.sep}", "")
    return Missing(name, f"damaged: {what}", seed, damage=str(error))
