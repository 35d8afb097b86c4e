"""A disk that is read-only below a folder, in this process."""

import errno
import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.truncate")
FOLDERS: list[str] = []


def refuse_writing(event: str, arguments: tuple) -> None:
    if not FOLDERS:
        return
    if event == "open":
        path, _, flags = arguments
        changing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    else:
        path, changing = arguments[0] if arguments else None, event in CHANGES
    if changing and isinstance(path, str | os.PathLike):
        name = os.path.realpath(path)
        if name.startswith(FOLDERS[0] + os.sep):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), name)


@functools.cache  # once in a process, for it cannot be taken away
def hook() -> None:
    sys.addaudithook(refuse_writing)


@contextmanager
def readonly(folder: Path) -> Iterator[None]:
    hook()
    FOLDERS.append(os.path.realpath(folder))
    try:
        yield
    finally:
        FOLDERS.clear()
