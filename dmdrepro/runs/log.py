"""The JSON-lines log of the losses: one line an iteration, no clock, so that it can be compared."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.files import damaged, naming, replace_bytes, unexpected

if TYPE_CHECKING:
    import numpy as np

EMPTY = hashlib.sha256().hexdigest()
_CHUNK = 1 << 20  # bytes


class LossLog:
    """Append-only log that is cut back to a known beginning when a run resumes."""

    def __init__(self, path: Path, length: int, digest: str = EMPTY) -> None:
        """Open `path`, keeping its first `length` bytes (what the saved state has seen).

        Raises DamagedArtifact if these are not there with the SHA-256 `digest`.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._hash = _hash_of_beginning(path, length)
        if self.sha256 != digest:
            raise DamagedArtifact(damaged(path))
        if path.exists() and path.stat().st_nlink > 1:  # a backup by hard links would grow with it
            replace_bytes(path, path.read_bytes()[:length])
        # Unbuffered: what a full disk refuses is not written again when the file closes.
        self._handle = path.open("ab", buffering=0)
        os.truncate(path, length)

    @property
    def sha256(self) -> str:
        """Digest of all that the log holds, kept as it grows."""
        return self._hash.hexdigest()

    def append(self, lines: Iterable[dict[str, float]]) -> None:
        data = b"".join(json.dumps(line, allow_nan=False).encode() + b"\n" for line in lines)
        left = memoryview(data)
        with naming(self._path):
            while left:
                left = left[self._handle.write(left) :]
        self._hash.update(data)

    def sync(self) -> int:
        """Force everything to disk; returns the log's length in bytes."""
        with naming(self._path):
            os.fsync(self._handle.fileno())
        return self._handle.tell()

    def close(self) -> None:
        self._handle.close()


def check_beginning(path: Path, length: int, digest: str) -> None:
    """Raise DamagedArtifact unless the log's first `length` bytes have the SHA-256 `digest`."""
    if _hash_of_beginning(path, length).hexdigest() != digest:
        raise DamagedArtifact(damaged(path))


def _hash_of_beginning(path: Path, length: int) -> hashlib._Hash:
    """SHA-256 of the file's first `length` bytes, of all if it has fewer."""
    digest = hashlib.sha256()
    if length == 0:
        return digest
    if not path.is_file():
        raise DamagedArtifact(damaged(path))
    with path.open("rb") as handle:
        while length and (chunk := handle.read(min(length, _CHUNK))):
            digest.update(chunk)
            length -= len(chunk)
    return digest


def read_losses(path: Path) -> dict[str, tuple[list[int], list[float]]]:
    """Column name -> (steps, values), each column with the steps that have it.

    Raises DamagedArtifact for a line that no log has.
    """
    columns: dict[str, tuple[list[int], list[float]]] = {}
    with path.open("rb") as handle:
        for number, text in enumerate(handle, 1):
            line = _line(text)
            if line is None:
                raise DamagedArtifact(unexpected(path, f"line {number}"))
            step = line.pop("step")
            for name, value in line.items():
                steps, values = columns.setdefault(name, ([], []))
                steps.append(step)
                values.append(value)
    return columns


def _line(text: bytes) -> dict[str, float] | None:
    """A line's numbers by name, `step` among them, or None."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict) or type(line.get("step")) is not int:
        return None
    return line if all(type(value) in (int, float) for value in line.values()) else None


def thinned(steps: np.ndarray, values: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """At most `most` points of a curve [n]: means over bins that grow with the iteration.

    A bin's place is the mean of its steps, rounded; the first updates keep bins of their own.
    """
    import numpy as np

    if len(steps) <= most:
        return steps, values
    edges = np.unique(np.geomspace(1, len(steps), most).astype(int))
    starts = np.concatenate([[0], edges[:-1]])
    counts = np.diff([*starts, len(steps)])
    return (
        np.rint(np.add.reduceat(steps.astype(float), starts) / counts),
        np.add.reduceat(values, starts) / counts,
    )
