"""What the machine refuses, as a sentence with what helps: threads, memory, libraries, files."""

import errno
import os
import resource  # at once: at the limit not even this could be loaded
import threading

from dmdrepro.cli.output import NAME as OUTPUT
from dmdrepro.pipeline.trouble import first_line
from dmdrepro.runs.errors import RunError, says_no_memory

MOST_CORES = 64  # that the libraries start threads for
SMALL_STACK = 64 << 10  # bytes: address space is not what is asked for here
THREADS = "the limit on processes and threads (`ulimit -u`, or the container's) is reached"
LOADING = ("failed to map segment", "cannot allocate memory")


def check_threads() -> None:
    """Raise RunError if the threads that the libraries start cannot be had.

    OpenBLAS answers a refusal by sending itself a Ctrl-C, OpenMP by ending the process.
    """
    wanted = _wanted_threads()
    done, started = threading.Event(), []
    before = threading.stack_size(SMALL_STACK)
    try:
        for _ in range(wanted):
            thread = threading.Thread(target=done.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:
        raise RunError(
            f"Only {len(started)} of the {wanted} threads that numpy and torch start could be "
            f"started: {THREADS}. Raise it, or set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1."
        ) from None
    finally:
        threading.stack_size(before)
        done.set()
        for thread in started:
            thread.join()


def _wanted_threads() -> int:
    """The threads of numpy's OpenBLAS, scipy's OpenBLAS and torch's OpenMP, without the first."""
    linux = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if linux else os.cpu_count() or 1
    openmp = _number("OMP_NUM_THREADS", min(cores, MOST_CORES))
    return 2 * (_number("OPENBLAS_NUM_THREADS", openmp) - 1) + (openmp - 1)


def _number(name: str, otherwise: int) -> int:
    words = os.environ.get(name, "").partition(",")[0].strip()
    return min(int(words), MOST_CORES) if words.isdecimal() and int(words) else otherwise


def limit_sentence(error: BaseException) -> str | None:
    """The limit that an exception is about, and what helps; None if it is about no limit."""
    words = first_line(error)
    if isinstance(error, ImportError):
        return _unloadable(error, words)
    if isinstance(error, OSError) and error.errno is None and _at_loading(words):
        return f"A library cannot be loaded ({words}){_address_space()}."
    if says_no_memory(error):
        return f"There is not enough memory ({words or 'MemoryError'}){_address_space()}."
    if "can't start new thread" in words:
        return f"A thread could not be started: {THREADS}."
    if isinstance(error, OSError) and error.errno == errno.EAGAIN and not error.filename:
        helps = "Raise it, or use --jobs 1 and at most one GPU."
        return f"A process could not be started: {THREADS}. {helps}"
    return None


def _at_loading(words: str) -> bool:
    return any(mark in words.lower() for mark in LOADING)


def _unloadable(error: ImportError, words: str) -> str | None:
    """The sentence about another package; None if an import of ours fails, which is our mistake."""
    name = error.name or ""
    if name.partition(".")[0] == "dmdrepro" or "dmdrepro" in (error.path or ""):
        return None
    if isinstance(error, ModuleNotFoundError):
        return f"{name or words} is not installed; install the program with its requirements."
    helps = _address_space() if _at_loading(words) else "; install the requirements anew"
    return f"{name or 'A library'} cannot be loaded ({words}){helps}."


def _address_space() -> str:
    """The limit on a process's memory, if the shell or the batch system has set one."""
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    set_ones = [limit for limit in limits if limit != resource.RLIM_INFINITY]
    if not set_ones:
        return "; close other programs, or choose a smaller size"
    return (
        f"; a process may take {min(set_ones) / 1e9:.1f} GB here (`ulimit -v`): raise that, "
        "because the libraries alone map more than a gigabyte"
    )


def os_sentence(error: OSError) -> str:
    """What went wrong with which file, and what helps: by the kind of the error."""
    reason = error.strerror or str(error)
    if error.filename == OUTPUT:
        return f"{OUTPUT}: {reason}; send it elsewhere, then run the same command again."
    remedies = (words for numbers, words in _REMEDIES.items() if error.errno in numbers)
    usual = "check the disk that it lies on, then run the same command again"
    return f"{error.filename or 'A file'}: {reason}; {next(remedies, usual)}."


_REMEDIES = {
    (errno.ENOSPC, errno.EDQUOT): "free space there, then run the same command again",
    (errno.EACCES, errno.EPERM, errno.EROFS):
        "fix its rights or name another place, then run the same command again",
    (errno.ENOTDIR, errno.EISDIR, errno.EEXIST):
        "a file is in the place of a folder, or the reverse; name another path",
    (errno.EMFILE, errno.ENFILE):
        "too many files are open; raise the limit (`ulimit -n`), or use fewer --jobs",
    (errno.EFBIG,): "a file may not be larger here; raise the limit (`ulimit -f`)",
    (errno.ENAMETOOLONG,): "name a shorter path",
    (errno.ENOENT,): "it is missing, or was taken away meanwhile; check the path",
}  # fmt: skip
