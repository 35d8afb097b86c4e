"""One file from a server that may send anything: no more bytes than it has, in a limited time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

TIMEOUT_S = 30.0  # without a byte
LIMIT_S = 600.0  # for a whole file: 47 MB at 80 kB/s
SLACK = 1 << 16  # bytes that a packed file may be longer than an unpacked one
TELL_S = 10.0  # between two words on the progress


class CannotKeep(Exception):
    """The bytes came and could not be written; the message says why."""


def download(url: str, path: Path, size: int, say: Callable[[str], None]) -> None:
    """Write what `url` sends to `path`: at most `size` bytes and a little, in at most LIMIT_S.

    `say` is told how far it has come, if that takes long. Raises CannotKeep, ImportError without
    pooch, ValueError for a file that is too long or too slow, and requests' errors.
    """
    import pooch

    get = pooch.HTTPDownloader(timeout=TIMEOUT_S, chunk_size=1 << 14)
    sink, failures = _Sink(path, size + SLACK), []

    def work() -> None:
        try:
            get(url, sink, None)
        except BaseException as error:  # to be raised where the others wait
            failures.append(error)

    # In a thread: a server that sends a byte now and then keeps a read waiting for ever.
    thread = threading.Thread(target=work, daemon=True)
    begun = time.monotonic()
    thread.start()
    try:
        while thread.is_alive():
            left = begun + LIMIT_S - time.monotonic()
            if left <= 0:
                raise ValueError(f"too slow: {sink.count:,} bytes in {LIMIT_S:,.4g} s")
            thread.join(min(left, TELL_S))
            passed = time.monotonic() - begun
            if thread.is_alive() and passed >= TELL_S:
                say(f"Downloading {url}: {sink.count / 1e6:.1f} MB in {passed:.0f} s")
    finally:
        sink.close()  # the thread, if it still waits, writes nothing more
    if sink.failure is not None:
        raise CannotKeep(sink.failure.strerror or str(sink.failure))
    if failures:
        raise failures[0]


class _Sink:
    """A file that takes a number of bytes and no more."""

    def __init__(self, path: Path, most: int) -> None:
        self.most, self.count, self.failure = most, 0, None
        self._handle = path.open("wb")

    def write(self, data: bytes) -> None:
        if self.count + len(data) > self.most:
            raise ValueError(f"it sends more than {self.most:,} bytes")
        try:
            self._handle.write(data)
        except OSError as error:
            self.failure = error
            raise
        self.count += len(data)

    def flush(self) -> None:
        """Called after each piece; nothing has to be on disk before the file is closed."""

    def close(self) -> None:
        try:
            self._handle.close()
        except OSError as error:  # the last bytes did not fit
            self.failure = error
