"""Paths that a user gives: refused before any work where nothing could be written to them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from dmdrepro.cli.output import NAME as OUTPUT
from dmdrepro.runs.errors import RunError


def check_folder(option: str, path: Path) -> None:
    """Raise RunError where `path`, or what it would lie in, is a file."""
    for place in (path, *path.parents):
        if place.is_dir():
            return
        if place.exists():
            raise RunError(f"{option} {path}: {place} is not a folder; name a folder.")


def check_file(option: str, path: Path) -> None:
    """Raise RunError where `path` is a folder, or what it would lie in is a file.

    Raises OSError where nothing can be written to it.
    """
    if path.is_dir():
        raise RunError(f"{option} {path} is a folder; name a file.")
    check_folder(option, path.parent)
    if not path.exists() or path.is_file():  # a device or a pipe is written to as it is
        try_writing(path.resolve().parent)


def check_target(option: str, path: Path) -> None:
    """Raise RunError where `path` is no folder, OSError where nothing can be written to it."""
    check_folder(option, path)
    try_writing(path)


def try_writing(folder: Path) -> None:
    """Raise OSError, naming the folder, where no file can be made in it or where it would lie."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    tried = folder / f".tried.{os.getpid()}.part"
    try:
        tried.unlink(missing_ok=True)
        tried.open("xb").close()
        tried.unlink()
    except OSError as error:
        error.filename = str(folder)
        raise


def os_sentence(error: OSError) -> str:
    """What went wrong with which file, and what helps: by the kind of the error."""
    reason = error.strerror or str(error)
    if error.filename == OUTPUT:
        return f"{OUTPUT}: {reason}; send it elsewhere, then run the same command again."
    if error.errno in ENDED:
        return f"Another process has ended ({reason}); run the same command again."
    return f"{error.filename or 'A file'}: {reason}; {_remedy(error.errno)}."


ENDED = (errno.EPIPE, errno.ECONNRESET, errno.ECHILD)  # the other end of a pipe; a process


def _remedy(number: int | None) -> str:
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "free space there, then run the same command again"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "fix its rights or name another place, then run the same command again"
    if number in (errno.ENOTDIR, errno.EISDIR, errno.EEXIST):
        return "a file is where a folder is needed, or the reverse; name another path"
    if number in (errno.EMFILE, errno.ENFILE):
        return "too many files are open; raise the limit (`ulimit -n`), or use fewer --jobs"
    if number == errno.EFBIG:
        return "a file may not be larger here; raise the limit (`ulimit -f`)"
    if number == errno.ENAMETOOLONG:
        return "name a shorter path"
    if number == errno.ENOENT:
        return "it is missing, or was taken away meanwhile; check the path"
    return "check the disk that it lies on, then run the same command again"
