"""MNIST from its mirrors into the cache: checked first, then put in place in one rename."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from urllib.parse import urlsplit

from dmdrepro.data.mnist_check import (
    FILES,
    Absent,
    Damaged,
    MnistUnavailable,
    packed,
    read_checked,
    read_file,
    read_folder,
)

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
TIMEOUT_S = 30.0  # without a byte from a mirror
LOCK_TIMEOUT_S = 900.0  # while another process downloads

log = logging.getLogger(__name__)


def fetch(cache: Path) -> dict[str, bytes]:
    """The unpacked bytes of the four files, downloading those that `cache` lacks.

    Safe beside other processes: one downloads, the others wait and find the files. A wrong file
    in the cache is named in a warning and replaced. Raises MnistUnavailable.
    """
    import filelock

    try:
        cache.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(cache / ".lock", timeout=LOCK_TIMEOUT_S):
            mirrors = list(MIRRORS)
            for name in FILES:
                _ensure(cache, name, mirrors)
        return read_folder(cache)
    except filelock.Timeout:
        raise MnistUnavailable(
            f"Another process has held {cache / '.lock'} for {LOCK_TIMEOUT_S / 60:.0f} minutes; "
            "end it, then run the same command again."
        ) from None
    except (Absent, Damaged) as error:
        raise MnistUnavailable(f"{error}, just after its download; is the disk full?") from None
    except OSError as error:
        raise MnistUnavailable(
            f"MNIST cannot be kept in {cache} ({error.strerror or error}); free space there or "
            "fix its rights, or pass --data FOLDER with the four files."
        ) from None


def _ensure(cache: Path, name: str, mirrors: list[str]) -> None:
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
        part = cache / f".{name}.part"
        try:
            _download(f"{mirror}{name}.gz", part)
            read_checked(part, name)
        except Damaged as error:
            problem = str(error).removeprefix(f"{part} ")
            reasons.append(f"what {urlsplit(mirror).netloc} sent {problem}")
        except (OSError, ValueError) as error:  # requests' errors are OSErrors
            reasons.append(f"{urlsplit(mirror).netloc}: {_short(error)}")
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
        f"{name}.gz cannot be downloaded ({'; '.join(reasons)}); check the network, or pass "
        "--data FOLDER with MNIST's four IDX files."
    )


def _download(url: str, path: Path) -> None:
    import pooch

    pooch.HTTPDownloader(timeout=TIMEOUT_S, chunk_size=1 << 16)(url, str(path), None)


def _short(error: Exception) -> str:
    """The kind of a network error and the start of its text, which may be a whole chain."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:120]}{'...' if len(text) > 120 else ''}"
