"""Paths that a user gives: refused before any work if nothing could be written to them."""

import os
from pathlib import Path

from dmdrepro.runs.errors import RunError


def check_folder(option: str, path: Path) -> None:
    """Raise RunError if `path`, or what it would lie in, is a file."""
    for place in (path, *path.parents):
        if place.is_dir():
            return
        if place.exists():
            raise RunError(f"{option} {path}: {place} is not a folder; name a folder.")


def check_file(option: str, path: Path) -> None:
    """Raise RunError if `path` is a folder, or what it would lie in is a file.

    Raises OSError if nothing can be written to it.
    """
    if path.is_dir():
        raise RunError(f"{option} {path} is a folder; name a file.")
    check_folder(option, path.parent)
    if not path.exists() or path.is_file():  # a device or a pipe is written to as it is
        try_writing(path.resolve().parent)


def check_target(option: str, path: Path) -> None:
    """Raise RunError if `path` is not a folder, OSError if nothing can be written to it."""
    check_folder(option, path)
    try_writing(path)


def there(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(place for place in (path, *path.absolute().parents) if place.exists())


def try_writing(folder: Path) -> None:
    """Raise OSError, naming the folder, if no file can be made in it or where it would lie."""
    folder = there(folder)
    tried = folder / f".tried.{os.getpid()}.part"
    try:
        tried.unlink(missing_ok=True)
        tried.open("xb").close()
        tried.unlink()
    except OSError as error:
        error.filename = str(folder)
        raise
