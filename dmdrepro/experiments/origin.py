"""Where experiments and measures that are none of ours come from: a file, by its SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """The file that registered something."""

    file: str  # its name
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Origin:
        return cls(path.name, hashlib.sha256(path.read_bytes()).hexdigest())


ORIGINS: dict[tuple[str, str], Origin] = {}  # ("experiment", its name), ("measure", its key)
_loading: list[Origin] = []


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """What is registered within the block comes from there."""
    _loading.append(origin)
    try:
        yield
    finally:
        _loading.pop()


def note_origin(kind: str, name: str) -> None:
    """Keep where it comes from, if a file is being loaded."""
    if _loading:
        ORIGINS[kind, name] = _loading[-1]


def origin_words(kind: str, name: str) -> dict[str, str] | None:
    """The file's name and SHA-256, for records; None of what is ours or a program's own."""
    origin = ORIGINS.get((kind, name))
    return None if origin is None else asdict(origin)
