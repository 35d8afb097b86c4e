"""MNIST from its mirrors into the cache by pooch, which checks each file before it is there.

A server may send anything: no more bytes are taken than MNIST has, in a limited time.
"""

import errno
import io
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dmdrepro.data.mnist_layout import (
    FILES,
    Absent,
    Damaged,
    MnistUnavailable,
    checked,
    read_file,
    read_folder,
)

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
RETRIES = 1  # of a mirror whose connection failed
TIMEOUT_S = 30.0  # without a byte
LIMIT_S = 600.0  # for a whole file: 47 MB at 80 kB/s
TELL_S = 10.0  # between two words on the progress
SLACK = 1 << 16  # bytes that a packed file may be longer than an unpacked one
LOCK_TIMEOUT_S = 900.0  # while another process downloads
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # of a file system without locks

log = logging.getLogger(__name__)
Say = Callable[[str], None]


def fetch(cache: Path, say: Say = lambda words: None) -> dict[str, bytes]:
    """The unpacked bytes of the four files, downloading those that `cache` lacks.

    Safe beside other processes: one downloads, the others wait. A wrong file in the cache is named
    in a warning and replaced. `say` is told of the progress. Raises MnistUnavailable.
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
    except OSError as error:
        raise MnistUnavailable(
            f"MNIST cannot be kept in {cache} ({error.strerror or error}); free space there or "
            "fix its rights, or pass --data FOLDER with the four files."
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
    else:  # no other process is writing one of pooch's temporary files
        for part in cache.glob("tmp????????"):
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
        (cache / f"{name}.gz").unlink(missing_ok=True)
    reasons = []
    for mirror in list(mirrors):
        try:
            _from_mirror(mirror, cache, name, say)
        except Damaged as error:
            reasons.append(str(error))
        except ImportError as error:
            reasons.append(f"the package {error.name} is not installed")
        else:
            mirrors.sort(key=lambda other: other != mirror)
            return
    raise MnistUnavailable(
        f"{name}.gz cannot be downloaded to {cache / name}.gz ({'; '.join(reasons)}); check the "
        f"network, or bring MNIST by hand: put {', '.join(FILES)}, .gz or not, into {cache} or "
        f"into a folder that --data names (unpacked, {name} has SHA-256 {FILES[name][1]})."
    )


def _from_mirror(mirror: str, cache: Path, name: str, say: Say) -> None:
    """Put the unpacked file into `cache`; raises Damaged, or ImportError without pooch."""
    import pooch
    from requests import RequestException

    def download(url: str, part: str, _: object) -> None:
        file = _received(url, FILES[name][0], say)
        Path(part).write_bytes(checked(file, f"what {url} sent", name))

    pooch.get_logger().setLevel(logging.WARNING)
    url, digests = f"{mirror}{name}.gz", {name: f"sha256:{FILES[name][1]}"}
    files = pooch.create(
        cache, mirror, None, registry=digests, urls={name: url}, retry_if_failed=RETRIES
    )
    try:
        files.fetch(name, downloader=download)
    except (RequestException, ValueError) as error:
        text = " ".join(str(error).split())  # may be a whole chain
        words = f"{text[:120]}{'...' if len(text) > 120 else ''}"
        raise Damaged(f"{url}: {type(error).__name__}: {words}") from None


def _received(url: str, size: int, say: Say) -> io.BytesIO:
    """What `url` sends; raises Damaged if it is too much or too slow, and requests' errors."""
    import pooch

    get = pooch.HTTPDownloader(timeout=TIMEOUT_S, chunk_size=1 << 14)
    sink, failures = _Sink(url, size + SLACK), []

    def work() -> None:
        try:
            get(url, sink, None)
        except BaseException as error:  # to be raised where the others wait
            failures.append(error)

    # In a thread: a server that sends a byte now and then keeps a read waiting for ever.
    thread = threading.Thread(target=work, daemon=True)
    begun = time.monotonic()
    thread.start()
    while thread.is_alive():
        passed = time.monotonic() - begun
        if passed >= LIMIT_S:
            sink.most = 0  # the thread, if it still waits, keeps nothing more
            raise Damaged(f"{url}: too slow: {sink.tell():,} bytes in {LIMIT_S:,.4g} s")
        if passed >= TELL_S:
            say(f"Downloading {url}: {sink.tell() / 1e6:.1f} MB in {passed:.0f} s")
        thread.join(min(LIMIT_S - passed, TELL_S))
    if failures:
        raise failures[0]
    sink.seek(0)
    return sink


class _Sink(io.BytesIO):
    """The bytes of `url`, and no more than `most`."""

    def __init__(self, url: str, most: int) -> None:
        super().__init__()
        self.url, self.most = url, most

    def write(self, data: bytes) -> int:
        if self.tell() + len(data) > self.most:
            raise Damaged(f"{self.url}: it sends more than {self.most:,} bytes")
        return super().write(data)
