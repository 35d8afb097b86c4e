"""What a kill leaves in a folder: parts of files, saved states; and results without a listing."""

import contextlib
import os
import re
from collections.abc import Collection
from pathlib import Path

from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.files import read_json
from dmdrepro.runs.layout import CONFIG, RECORD
from dmdrepro.settings import filled

# Exactly the names that this program gives: what a user keeps beside them is the user's.
STATE_FILE = re.compile(r"state-[0-9]+\.safetensors")
_PART = re.compile(
    r"(?:[\w@=.-]+\.(?:json|jsonl|safetensors|npy|png|pdf|md|csv|html)|\.tried)"
    r"\.(?P<pid>[0-9]+)\.part"
)
_WEIGHTS = re.compile(r"[\w-]+\.safetensors")
_ARRAY = re.compile(r"\w+\.npy")


def drop_parts(folder: Path, *, locked: bool) -> None:
    """Remove the parts of files that a killed process was writing.

    `locked`: whether the caller keeps every other process out, so that each part is a dead one's;
    else only those of processes that are gone are removed.
    """
    for path in _entries(folder):
        match = _PART.fullmatch(path.name)
        if match and path.is_file() and (locked or _gone(int(match["pid"]))):
            path.unlink(missing_ok=True)


def has_leftovers(folder: Path) -> bool:
    """Whether a part or a saved state's file is there."""
    names = (path.name for path in _entries(folder))
    return any(_PART.fullmatch(name) or STATE_FILE.fullmatch(name) for name in names)


def drop_states(folder: Path, keep: Collection[str] = ()) -> None:
    """Remove the saved states' files, but those named."""
    for path in _entries(folder):
        if STATE_FILE.fullmatch(path.name) and path.name not in keep:
            path.unlink(missing_ok=True)


def unlisted(folder: Path, key: dict, before: dict) -> list[str]:
    """The results and states in a folder without a listing that are not to be written over.

    A stage that was killed before its first saved state leaves its configuration, its log and
    perhaps arrays: under the same configuration `key` these are made again as they were. Weights,
    saved states and a record say that a listing was lost, or that a snapshot was finished early.
    """
    names = [path.name for path in _entries(folder) if path.is_file()]
    found = [name for name in names if name == RECORD or _WEIGHTS.fullmatch(name)]
    if not _same(folder, key, before):
        found += [name for name in names if _ARRAY.fullmatch(name)]
    return found


def _same(folder: Path, key: dict, before: dict) -> bool:
    with contextlib.suppress(OSError, DamagedArtifact):
        return filled(read_json(folder / CONFIG), before, key) == key
    return False


def _entries(folder: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return sorted(folder.iterdir())
    return []


def _gone(pid: int) -> bool:
    """Whether no process of this machine has that number."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:  # another user's
        return False
    return pid <= 0
