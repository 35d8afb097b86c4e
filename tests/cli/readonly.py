"""`reproduce.py` on a disk that is read-only below a folder: readonly.py FOLDER ARGUMENT..."""

from __future__ import annotations

import errno
import os
import sys

from dmdrepro.cli import main

FOLDER = os.path.realpath(sys.argv.pop(1))
CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.truncate")


def refuse_writing(event: str, arguments: tuple) -> None:
    if event == "open":
        path, _, flags = arguments
        changing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    else:
        path, changing = arguments[0] if arguments else None, event in CHANGES
    if changing and isinstance(path, str | os.PathLike):
        name = os.path.realpath(path)
        if name.startswith(FOLDER + os.sep):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), name)


if __name__ == "__main__":
    sys.addaudithook(refuse_writing)
    main()
