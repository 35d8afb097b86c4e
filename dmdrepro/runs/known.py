"""The record of the known answers: where it lies, and reading it."""

from __future__ import annotations

import os
from pathlib import Path

from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.files import MANIFEST, verify_manifest
from dmdrepro.runs.layout import RECORD, seed_folder
from dmdrepro.runs.links import refuse_links
from dmdrepro.runs.record import KNOWN
from dmdrepro.runs.results import Missing
from dmdrepro.runs.shape import read_shaped

NAME = "known answers"


def known_folder(runs: Path, size: str, seed: int) -> Path:
    """Beside the experiments of that size and seed."""
    return seed_folder(runs, size, seed) / "known"


def open_known(runs: Path, size: str, seed: int) -> dict | Missing:
    """The record, its files checked, or why there is none to show."""
    folder = known_folder(runs, size, seed)
    if not (folder / MANIFEST).is_file():
        command = f"python reproduce.py known --size {size} --seed {seed}"
        return Missing(NAME, f"not run: {command}", seed)
    try:
        refuse_links(folder, runs)
        verify_manifest(folder)
        return read_shaped(folder / RECORD, KNOWN)
    except DamagedArtifact as error:
        what = str(error).partition(";")[0].replace(f"{folder}{os.sep}", "")
        return Missing(NAME, f"damaged: {what}", seed, damage=str(error))
