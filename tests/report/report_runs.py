"""Finished runs in the true folder layout, with numbers that a test gives: nothing was measured."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from dmdrepro.experiments import build
from dmdrepro.runs.files import write_json, write_manifest

PAIRING = {
    "delta_e": 0.5,
    "e_dt": 3.0,
    "e_ot": 2.0,
    "e_ind": 6.0,
    "retention": 0.75,
    "delta_e_null": 2.0,
    "n": 1000,
}


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
        _write(folder / f"evaluate-{snapshot}", copy.deepcopy(record | parts))
        if losses is not None:
            lines = [{"step": 5 * k, "loss_fake": 1.0, "loss_dm": x} for k, x in enumerate(losses)]
            text = "".join(json.dumps(line) + "\n" for line in lines)
            _write(folder / f"distill-{snapshot}", {}, log=text)
    return folder


def _write(folder: Path, record: dict, log: str | None = None) -> None:
    folder.mkdir(parents=True)
    write_json(folder / "record.json", record)
    names = ["record.json"]
    if log is not None:
        (folder / "log.jsonl").write_text(log)
        names.append("log.jsonl")
    write_manifest(folder, names)


def rows_of(tables, name: str) -> list[dict]:
    """A table's rows as column -> cell."""
    table = next(t for t in tables if t.name == name)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]
