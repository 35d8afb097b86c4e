"""One process at a time makes a stage; a second one is told who the first is."""

import contextlib
import datetime
import errno
import fcntl
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from dmdrepro.runs.errors import Busy, DamagedArtifact, RunError
from dmdrepro.runs.files import read_json, write_json

_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextlib.contextmanager
def locked(folder: Path, what: str) -> Iterator[None]:
    """Hold the lock beside `folder`; raises Busy if another process holds it.

    The system frees the lock when its process ends, however it ends, so none is stale. A file
    beside it names the holder. Raises RunError if the file system has no locks: a file in place
    of a lock would stay after a kill.
    """
    path = folder.with_name(f".{folder.name}.lock")
    owner = path.with_name(f"{path.name}.json")
    for file in (path, owner):
        if file.is_symlink():
            raise DamagedArtifact(f"{file} is a link; remove it, nothing is written through links.")
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        _take(handle, path, owner, folder, what)
        # Only told to others: a full disk that refuses it is the stage's to report.
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        with contextlib.suppress(OSError):
            write_json(owner, {"host": platform.node(), "pid": os.getpid(), "since": now})
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                owner.unlink()
    finally:
        os.close(handle)


def _take(handle: int, path: Path, owner: Path, folder: Path, what: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            raise Busy(
                f"Another process{_who(owner)} is making {what} in {folder}; wait for it to end."
            ) from None
        if error.errno in _NO_LOCKS:
            raise RunError(
                f"{path} cannot be locked ({error.strerror}): that file system has no locks, and "
                "without them two commands could write into one folder. Name a --runs folder on "
                "a local disk."
            ) from None
        error.filename = str(path)
        raise


def _who(owner: Path) -> str:
    """` (process 12 on HOST, since ...)`, or nothing if the holder could not write it."""
    try:
        found = read_json(owner)
    except (OSError, DamagedArtifact):
        return ""
    pid, host, since = found.get("pid"), found.get("host"), found.get("since")
    if not (isinstance(pid, int) and isinstance(host, str) and isinstance(since, str)):
        return ""
    words = f"process {pid} on {host or 'this host'}, since {since}"
    return f" ({''.join(c for c in words if c.isprintable())})"
