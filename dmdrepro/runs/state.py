"""The saved states of an interrupted stage, sealed, with hashes of all that a resume needs.

The newest and the one before it are kept, so that one damaged file costs a minute and not the run.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.files import digests, missing, read_sealed, unexpected, write_sealed
from dmdrepro.runs.links import own_name
from dmdrepro.runs.shape import Each, count, finite, problem, text

STATE, BEFORE = "state.json", "state_before.json"
_KEY = "state"


@dataclass(frozen=True)
class SavedState:
    """The listing of a saved state; each digest is a SHA-256."""

    step: int
    file: str  # the tensors
    sha256: str
    configuration: str  # digest of config.json
    log_bytes: int  # the log's length at that moment
    log_sha256: str  # of those bytes
    made: dict[str, str]  # files finished by then -> digest
    wall_s: float
    sittings: list[dict] = field(default_factory=list)  # see sittings.py; older states have none


_SHAPE = {
    "step": count,
    "file": own_name,
    "sha256": text,
    "configuration": text,
    "log_bytes": count,
    "log_sha256": text,
    "made": digests,
    "wall_s": finite,
    "sittings?": [Each(lambda value: True)],
}


@dataclass(frozen=True)
class Found:
    """The saved state to go on from, its listing, and why it is not the newest (or nothing)."""

    state: SavedState
    listing: Path
    passed: str = ""


def write_state(folder: Path, state: SavedState, before: SavedState | None) -> None:
    """List the newest state and the one before; a kill leaves the old pair or the new one."""
    if before is not None:
        write_sealed(folder / BEFORE, _KEY, asdict(before))
    write_sealed(folder / STATE, _KEY, asdict(state))


def has_state(folder: Path) -> bool:
    """Whether a listing of a saved state is there, sound or not."""
    return any((folder / name).is_file() for name in (STATE, BEFORE))


def listed_files(folder: Path) -> set[str]:
    """The files of the newest saved state and of the one before; none if the newest is unlisted.

    Raises DamagedArtifact for a listing that is none.
    """
    newest, before = _read(folder / STATE), _read(folder / BEFORE)
    return {state.file for state in (newest, before) if newest and state}


def find_state(
    folder: Path, check: Callable[[SavedState, Path], None] = lambda state, listing: None
) -> Found | None:
    """The newest saved state that passes `check`, None if none was saved.

    Raises DamagedArtifact, about the newest, if none of those listed passes.
    """
    passed: DamagedArtifact | None = None
    for listing in (folder / STATE, folder / BEFORE):
        try:
            state = _read(listing)
            if state is None:
                if listing.name == STATE and (folder / BEFORE).is_file():
                    raise DamagedArtifact(missing(listing, f"{BEFORE} is there"))
                continue
            check(state, listing)
        except DamagedArtifact as error:
            passed = passed or error
        else:
            return Found(state, listing, str(passed or ""))
    if passed is not None:
        raise passed
    return None


def _read(path: Path) -> SavedState | None:
    if not path.is_file():
        return None
    found = read_sealed(path, _KEY)
    if place := problem(found, _SHAPE):
        raise DamagedArtifact(unexpected(path, place))
    return SavedState(**{f.name: found[f.name] for f in fields(SavedState) if f.name in found})
