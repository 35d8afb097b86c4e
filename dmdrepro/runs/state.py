"""The saved state of an interrupted stage: sealed, and vouching for all that it goes on from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.files import damaged, read_sealed, write_sealed

STATE = "state.json"
_KEY = "state"


@dataclass(frozen=True)
class SavedState:
    """What `state.json` holds; each digest is a SHA-256."""

    step: int
    file: str  # the tensors
    sha256: str
    configuration: str  # digest of config.json
    log_bytes: int  # the log's length at that moment
    log_sha256: str  # of those bytes
    made: dict[str, str]  # files finished by then -> digest
    wall_s: float
    sittings: list[dict] = field(default_factory=list)  # see sittings.py; older states have none


def write_state(folder: Path, state: SavedState) -> None:
    write_sealed(folder / STATE, _KEY, asdict(state))


def read_state(folder: Path) -> SavedState | None:
    """The saved state, None where there is none; raises DamagedArtifact where it was changed."""
    path = folder / STATE
    if not path.is_file():
        return None
    found = read_sealed(path, _KEY)
    if {"sittings": [], **found}.keys() != {each.name for each in fields(SavedState)}:
        raise DamagedArtifact(damaged(path))
    return SavedState(**found)
