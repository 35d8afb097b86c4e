"""Finished runs in the true folder layout, with numbers that a test gives: nothing was measured."""

import copy
import io
import json
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dmdrepro.experiments import STUDIES, Arm, Study, build
from dmdrepro.measures.table import Table
from dmdrepro.report import all_seeds, tables_of
from dmdrepro.runs.files import verify_manifest, write_json, write_manifest

IMAGES = ("mnist", "mnist-conditional", "mlp-manifold", "imagenet64")
STUDENT = "student.safetensors"
PAIRING = {
    "delta_e": 0.5,
    "e_dt": 3.0,
    "e_ot": 2.0,
    "e_ind": 6.0,
    "retention": 0.75,
    "delta_e_null": 2.0,
    "concordance": 0.625,
    "remapped": 0.375,
    "n": 1000,
}
ARM_QUALITY = {name: {"ratio": 1.5} for name in ("student", "teacher_1", "teacher_8")}


def stop(iterations: int, ratio: float = 1.5, **pairing: object) -> dict:
    """A student kept on the way, as its record has it; `pairing`: what differs from PAIRING."""
    found = {"pairing": PAIRING | pairing, "quality": {"ratio": ratio}}
    return {"iterations": iterations, **found}


def write_run(
    runs: Path,
    experiment: str,
    snapshots: tuple[int, ...],
    *,
    size: str = "laptop",
    seed: int = 0,
    settings: dict[str, str] | None = None,
    losses: list[float] | None = None,
    **parts: dict | None,
) -> Path:
    """An evaluation of each snapshot; `parts` replace or add parts of its record."""
    config = build(experiment, size, seed, settings).as_dict()
    folder = runs / size / f"seed{seed}" / experiment
    for snapshot in snapshots:
        record = {
            "experiment": experiment,
            "size": size,
            "seed": seed,
            "snapshot": snapshot,
            "pairing": PAIRING,
            "pairing_untrained": {**PAIRING, "delta_e": 0.02, "retention": 0.25},
            "quality": {"n": 1000, "student": {"ratio": 1.5}, "teacher_8": {"ratio": 1.1}},
            "memorisation": None,
            "boundary": None,
            "denoiser_error": None,
            "config": config,
        }
        samples = _samples(f"{experiment} {seed} {snapshot}", experiment in IMAGES)
        write_snapshot(folder, snapshot, copy.deepcopy(record | parts), samples, losses=losses)
    return folder


def write_arm(
    runs: Path, study: Study, arm: Arm, seed: int, retention: float, **parts: dict | None
) -> Path:
    """An arm with one student kept after 100 iterations, of that retention; returns its folder."""
    point = stop(100, 2.0, retention=retention, delta_e=1.0, delta_e_null=4.0)
    parts = {"along": [point], "teacher_map": PAIRING, "quality": ARM_QUALITY} | parts
    here = runs / "arm"  # the experiment's own folder may be there
    folder = write_run(
        here, study.experiment, (4000,), size=study.size, seed=seed, settings=dict(arm.settings),
        **parts,
    )  # fmt: skip
    target = runs / study.size / f"seed{seed}" / f"{study.experiment}@{arm.name}"
    target.parent.mkdir(parents=True, exist_ok=True)
    return folder.rename(target)


def write_study(runs: Path, name: str, seeds: tuple[int, ...] = (0, 1)) -> Path:
    """All arms of a study, each 0.1 less retentive than the one before; returns `runs`."""
    study = STUDIES[name]
    for seed in seeds:
        for place, arm in enumerate(study.arms):
            write_arm(runs, study, arm, seed, 0.9 - place / 10 - seed / 100)
    return runs


def write_snapshot(
    folder: Path,
    snapshot: int,
    record: dict,
    samples: Mapping[str, np.ndarray],
    arrays: Mapping[str, np.ndarray] = {},
    losses: list[float] | None = None,
) -> None:
    """The stages distill, sample and evaluate of a teacher's snapshot, in the run `folder`.

    `record`, `arrays`: what evaluate left; `losses`: the log's DM losses, None for no log.
    """
    files = {STUDENT: f"no weights: {'/'.join(folder.parts[-3:])} {snapshot}".encode()}
    if losses is not None:
        lines = [{"step": 5 * k, "loss_fake": 1.0, "loss_dm": x} for k, x in enumerate(losses)]
        files["log.jsonl"] = "".join(json.dumps(line) + "\n" for line in lines).encode()
    student = _write(folder / f"distill-{snapshot}", {}, {}, files)[STUDENT]
    made_from = {"student_weights": student}
    hashes = _write(folder / f"sample-{snapshot}", {}, made_from, _files(samples))
    _write(folder / f"evaluate-{snapshot}", record, {"samples": measured(hashes)}, _files(arrays))


def measured(hashes: Mapping[str, str]) -> dict[str, str]:
    """Of a stage's files those that evaluate reads."""
    return {name: digest for name, digest in hashes.items() if name.endswith(".npy")}


def _samples(name: str, images: bool) -> dict[str, np.ndarray]:
    """Twenty points of noise, teacher and student, which follow from the name."""
    numbers = np.random.default_rng(zlib.crc32(name.encode()))
    shape = (20, 1, 4, 4) if images else (20, 4)
    names = ("noise", "teacher_8", "student")
    return {name: numbers.standard_normal(shape).astype(np.float32) for name in names}


def _files(arrays: Mapping[str, np.ndarray]) -> dict[str, bytes]:
    files = {}
    for name, array in arrays.items():
        np.save(buffer := io.BytesIO(), array)
        files[f"{name}.npy"] = buffer.getvalue()
    return files


def _write(folder: Path, record: dict, config: dict, files: dict[str, bytes]) -> dict[str, str]:
    """A finished stage with files of these contents; returns the files' SHA-256."""
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    write_json(folder / "record.json", record)
    write_json(folder / "config.json", config)
    return list_again(folder)


def list_again(folder: Path) -> dict[str, str]:
    """A stage's manifest, of the files that are there; returns their SHA-256."""
    names = (p.name for p in folder.iterdir() if p.is_file() and p.name != "manifest.json")
    write_manifest(folder, sorted(names))
    return verify_manifest(folder)


def tables_in(
    runs: Path, size: str = "laptop", seed: int = 0, not_run: dict[str, str] | None = None
) -> dict[str, Table]:
    """The report's tables by their names; those without rows are left out."""
    found = tables_of(all_seeds(runs, size, seed), size, not_run)
    return {table.name: table for table in found}


def rows_of(table: Table) -> list[dict]:
    """A table's rows as column -> cell."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def rows_in(runs: Path, name: str, size: str = "laptop", seed: int = 0) -> list[dict]:
    return rows_of(tables_in(runs, size, seed)[name])
