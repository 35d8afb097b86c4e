"""Published records: what finished runs measured, one small JSON file each, without their arrays.

A file is an evaluation's record with its study and arm, the command that makes it, each stage's
provenance and a thinned curve of the DM loss, each part on one line. Tables are made from them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dmdrepro.runs.errors import DamagedArtifact, RunError
from dmdrepro.runs.files import part_by_part, read_json, write_bytes
from dmdrepro.runs.log import thinned
from dmdrepro.runs.record import EVALUATION, NEEDED, published
from dmdrepro.runs.results import Missing, Result
from dmdrepro.runs.shape import Shape, problem
from dmdrepro.runs.shown import Shown

if TYPE_CHECKING:
    import numpy as np

CURVE = 400  # points of a loss curve, at most
STAGES = ("distill", "sample", "evaluate")


class Published(Shown):
    """The published records of one experiment or arm, size and seed; read as a `Result` is."""

    def __init__(self, name: str, records: Mapping[int, dict]) -> None:
        self.experiment, self._records = name, dict(sorted(records.items()))
        first = next(iter(self._records.values()))
        self.size, self.seed = first["size"], first["seed"]
        self.evaluated = tuple(self._records)

    def record(self, snapshot: int) -> dict:
        return self._records[snapshot]

    def losses(self, snapshot: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The DM loss's thinned curve; raises KeyError if none was published."""
        import numpy as np

        curve = self._records[snapshot].get("loss_dm")
        if curve is None:
            raise KeyError("loss_dm")
        return {"loss_dm": (np.array(curve["iteration"]), np.array(curve["value"]))}


def publish(result: Result, snapshot: int, folder: Path, command: str) -> Path:
    """Write the file of one student into `folder`; returns it."""
    record = dict(result.record(snapshot))
    made = {stage: result.record(snapshot, stage)["provenance"] for stage in STAGES}
    with contextlib.suppress(FileNotFoundError):  # measuring needs no teacher: it may be gone
        made["teacher"] = result.teacher_record(snapshot)["provenance"]
    record |= {
        "command": command,
        "stages": made,
        "teacher_weights": result.teacher_weights(snapshot),
        "loss_dm": _thinned(result, snapshot),
    }
    name = result.experiment
    if result.study:
        record |= {"study": result.study, "arm": result.experiment}
        name = f"{record['experiment']}@{result.experiment}"
    file = record_file(folder, result.size, name, snapshot, result.seed)
    write_bytes(file, part_by_part(record).encode())
    return file


def record_file(folder: Path, size: str, name: str, snapshot: int, seed: int) -> Path:
    """Where a student is published; `name`: its experiment, of a study's arm `experiment@arm`."""
    return folder / f"{size}-{name}-{snapshot}-seed{seed}.json"


def _thinned(result: Result, snapshot: int) -> dict[str, list[float]] | None:
    try:
        steps, values = result.losses(snapshot)["loss_dm"]
    except (FileNotFoundError, KeyError):
        return None
    steps, values = thinned(steps, values, CURVE)
    return {"iteration": steps.tolist(), "value": [float(f"{v:.5g}") for v in values]}


def read_published(
    folder: Path, shape: Mapping[str, Shape] = EVALUATION
) -> dict[tuple[str, str], list[Published]]:
    """(size, experiment or study/arm) -> its seeds, ascending; raises RunError if none are.

    `shape`: what an evaluation's record has to hold (dmdrepro.measures.evaluation).
    Raises DamagedArtifact for a file that is not a record.
    """
    found: dict[tuple[str, str, int], dict[int, dict]] = {}
    for path in sorted(folder.glob("*.json")):
        record = read_json(path)
        if lacks := [key for key in NEEDED if key not in record]:
            raise DamagedArtifact(f"{path} is not a published record: it has no {lacks[0]!r}.")
        if place := problem(record, published(shape)):
            raise DamagedArtifact(
                f"{path} is not a published record that this version reads: {place}."
            )
        name = record["experiment"]
        if "arm" in record:
            name = f"{record.get('study', '')}/{record['arm']}"
        found.setdefault((record["size"], name, record["seed"]), {})[record["snapshot"]] = record
    if not found:
        raise RunError(f"There are no published records in {folder}.")
    grouped: dict[tuple[str, str], list[Published]] = {}
    for (size, name, _), records in sorted(found.items()):
        grouped.setdefault((size, name), []).append(
            Published(name.partition("/")[2] or name, records)
        )
    return grouped


def of_size(
    published: Mapping[tuple[str, str], Sequence[Published]], size: str, names: Sequence[str]
) -> dict[str, Sequence[Published | Missing]]:
    """The published seeds of each name at a size, or Missing."""
    return {
        name: published.get((size, name)) or [Missing(name, "not run: no published record")]
        for name in names
    }
