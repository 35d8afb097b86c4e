"""The JSON-lines log of the losses: one line an iteration, no clock, so that it can be compared."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path


class LossLog:
    """Append-only log that is cut back to a known length when a run resumes."""

    def __init__(self, path: Path, length: int) -> None:
        """Open `path`, keeping its first `length` bytes (what the saved state has seen)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.truncate(path, length)
        self._handle = path.open("ab")

    def append(self, lines: Iterable[dict[str, float]]) -> None:
        for line in lines:
            self._handle.write(json.dumps(line, allow_nan=False).encode() + b"\n")

    def sync(self) -> int:
        """Force everything to disk; returns the log's length in bytes."""
        self._handle.flush()
        os.fsync(self._handle.fileno())
        return self._handle.tell()

    def close(self) -> None:
        self._handle.close()


def read_losses(path: Path) -> dict[str, tuple[list[int], list[float]]]:
    """Column name -> (steps, values), each column with the steps that have it."""
    columns: dict[str, tuple[list[int], list[float]]] = {}
    with path.open() as handle:
        for text in handle:
            line = json.loads(text)
            step = line.pop("step")
            for name, value in line.items():
                steps, values = columns.setdefault(name, ([], []))
                steps.append(step)
                values.append(value)
    return columns
