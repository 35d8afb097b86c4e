"""Reading finished runs: what figures and tables are made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dmdrepro.runs.files import read_json, verify_manifest
from dmdrepro.runs.log import read_losses

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Missing:
    """An experiment without a finished evaluation, and why."""

    experiment: str
    reason: str


class Result:
    """The finished stages of one experiment at one size and seed."""

    def __init__(self, folder: Path, experiment: str, size: str, seed: int) -> None:
        self.folder, self.experiment, self.size, self.seed = folder, experiment, size, seed
        self._verified: set[Path] = set()

    @cached_property
    def snapshots(self) -> tuple[int, ...]:
        """Teacher iterations whose student has been evaluated, ascending."""
        done = self.folder.glob("evaluate-*/manifest.json")
        return tuple(
            sorted(
                int(p.parent.name.partition("-")[2])
                for p in done
                if p.parent.name.partition("-")[2].isdigit()
            )
        )

    @property
    def label(self) -> str:
        reduced = "" if self.size == "paper" else " (reduced)"
        return f"{self.size} size{reduced}"

    @cached_property
    def config(self) -> dict:
        """The resolved experiment of the last evaluated snapshot."""
        return self.record(self.snapshots[-1])["config"]

    def record(self, snapshot: int, stage: str = "evaluate") -> dict:
        """The record of a stage; the teacher's where `stage` is "teacher"."""
        return read_json(self._file(stage, snapshot, "record.json"))

    def samples(self, snapshot: int, name: str) -> np.ndarray:
        """`noise`, `labels`, `teacher_1`, `teacher_8`, `teacher_32` or `student`: [N, ...]."""
        return self._array("sample", snapshot, name)

    def array(self, snapshot: int, name: str) -> np.ndarray:
        """An array that `evaluate` left, such as `heatmap` or `assignment`."""
        return self._array("evaluate", snapshot, name)

    def losses(self, snapshot: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Column -> (iterations, values) of the student's log."""
        import numpy as np

        columns = read_losses(self._file("distill", snapshot, "log.jsonl"))
        return {name: (np.array(s), np.array(v)) for name, (s, v) in columns.items()}

    def _array(self, stage: str, snapshot: int, name: str) -> np.ndarray:
        import numpy as np

        return np.load(self._file(stage, snapshot, f"{name}.npy"), allow_pickle=False)

    def _file(self, stage: str, snapshot: int, name: str) -> Path:
        folder = self.folder / ("teacher" if stage == "teacher" else f"{stage}-{snapshot}")
        if folder not in self._verified:
            verify_manifest(folder)
            self._verified.add(folder)
        return folder / name


def open_results(
    runs: Path, size: str, seed: int, experiments: Iterable[str]
) -> dict[str, Result | Missing]:
    """Each experiment's finished results below `runs`, or why there are none."""
    found: dict[str, Result | Missing] = {}
    for name in experiments:
        result = Result(runs / size / f"seed{seed}" / name, name, size, seed)
        if result.snapshots:
            found[name] = result
        elif name == "imagenet64":
            found[name] = Missing(name, "not run: needs weights")
        else:
            command = f"python reproduce.py all {name} --size {size} --seed {seed}"
            found[name] = Missing(name, f"not run: {command}")
    return found
