"""The system's errors about files, each as a sentence with what helps."""

from __future__ import annotations

import errno

from dmdrepro.cli.output import NAME as OUTPUT


def os_sentence(error: OSError) -> str:
    """What went wrong with which file, and what helps: by the kind of the error."""
    reason = error.strerror or str(error)
    if error.filename == OUTPUT:
        return f"{OUTPUT}: {reason}; send it elsewhere, then run the same command again."
    return f"{error.filename or 'A file'}: {reason}; {_remedy(error.errno)}."


def _remedy(number: int | None) -> str:
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "free space there, then run the same command again"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "fix its rights or name another place, then run the same command again"
    if number in (errno.ENOTDIR, errno.EISDIR, errno.EEXIST):
        return "a file is in the place of a folder, or the reverse; name another path"
    if number in (errno.EMFILE, errno.ENFILE):
        return "too many files are open; raise the limit (`ulimit -n`), or use fewer --jobs"
    if number == errno.EFBIG:
        return "a file may not be larger here; raise the limit (`ulimit -f`)"
    if number == errno.ENAMETOOLONG:
        return "name a shorter path"
    if number == errno.ENOENT:
        return "it is missing, or was taken away meanwhile; check the path"
    return "check the disk that it lies on, then run the same command again"
