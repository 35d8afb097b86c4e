"""MNIST from its mirrors into the cache: checked first, then put in place in one rename."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dmdrepro.data.mnist_check import (
    FILES,
    Absent,
    Damaged,
    MnistUnavailable,
    packed,
    read_checked,
)
from dmdrepro.data.mnist_layout import read_file, read_folder
from dmdrepro.data.mnist_stream import CannotKeep, download

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
LOCK_TIMEOUT_S = 900.0  # while another process downloads
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # of a file system without locks

log = logging.getLogger(__name__)
Say = Callable[[str], None]


def fetch(cache: Path, say: Say = lambda words: None) -> dict[str, bytes]:
    """The unpacked bytes of the four files, downloading those that `cache` lacks.

    Safe beside other processes: one downloads, the others wait and find the files. A wrong file
    in the cache is named in a warning and replaced. `say` is told of the progress. Raises
    MnistUnavailable.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache):
            mirrors = list(MIRRORS)
            for name in FILES:
                _ensure(cache, name, mirrors, say)
        return read_folder(cache)[0]
    except (Absent, Damaged) as error:
        raise MnistUnavailable(f"{error}, just after its download; is the disk full?") from None
    except (OSError, CannotKeep) as error:
        reason = getattr(error, "strerror", None) or error
        raise MnistUnavailable(
            f"MNIST cannot be kept in {cache} ({reason}); free space there or fix its rights, or "
            "pass --data FOLDER with the four files."
        ) from None


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    """Hold the cache's lock; without one if its file system has none: every file is checked."""
    import filelock

    lock = filelock.FileLock(cache / ".lock", timeout=LOCK_TIMEOUT_S)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise MnistUnavailable(
            f"Another process has held {cache / '.lock'} for {LOCK_TIMEOUT_S / 60:.0f} minutes; "
            "end it, then run the same command again."
        ) from None
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in NO_LOCKS:
            raise
    else:  # no other process is writing a part
        for part in cache.glob(".*.part"):
            part.unlink(missing_ok=True)
    try:
        yield
    finally:
        lock.release()


def _ensure(cache: Path, name: str, mirrors: list[str], say: Say) -> None:
    """Have the file `name` in `cache`; a mirror that answers moves to the front of `mirrors`."""
    try:
        read_file(cache, name)
        return
    except Absent:
        pass
    except Damaged as error:
        log.warning("%s; it is downloaded again.", error)
    reasons = []
    for mirror in list(mirrors):
        part, url = cache / f".{name}.{os.getpid()}.part", f"{mirror}{name}.gz"
        try:
            download(url, part, FILES[name][0], say)
            read_checked(part, name)
        except Damaged as error:
            reasons.append(f"what {url} sent {str(error).removeprefix(f'{part} ')}")
        except ImportError as error:
            reasons.append(f"{url}: the package {error.name} is not installed")
        except (OSError, ValueError) as error:  # requests' errors are OSErrors
            reasons.append(f"{url}: {_short(error)}")
        else:
            with part.open("rb") as handle:
                # A server may declare the gzip as a transfer coding, and the client unpack it.
                suffix = ".gz" if packed(handle.read(2)) else ""
            for old in (cache / name, cache / f"{name}.gz"):
                old.unlink(missing_ok=True)  # a damaged one
            os.replace(part, cache / f"{name}{suffix}")
            mirrors.remove(mirror)
            mirrors.insert(0, mirror)
            return
        finally:
            part.unlink(missing_ok=True)
    raise MnistUnavailable(
        f"{name}.gz cannot be downloaded to {cache / name}.gz ({'; '.join(reasons)}); check the "
        f"network, or bring MNIST by hand: put {', '.join(FILES)}, .gz or not, into {cache} or "
        f"into a folder that --data names (unpacked, {name} has SHA-256 {FILES[name][1]})."
    )


def _short(error: Exception) -> str:
    """The kind of a network error and the start of its text, which may be a whole chain."""
    text = " ".join(str(error).split())
    kind = "" if type(error) is ValueError else f"{type(error).__name__}: "  # ours, a sentence
    return f"{kind}{text[:120]}{'...' if len(text) > 120 else ''}"
