"""Where experiments and measures that are none of ours come from: a file, by its SHA-256."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Origin = dict[str, str]  # the name of the `file` that registered something, and its `sha256`
ORIGINS: dict[tuple[str, str], Origin] = {}  # ("experiment", its name), ("measure", its key)
_loading: list[Origin] = []


def origin_of(path: Path) -> Origin:
    """What records say of a file."""
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


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
