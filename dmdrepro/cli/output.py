"""The standard streams made fit for whatever reads them: nobody, a full disk, another alphabet."""

import errno
import os
import sys
from typing import TextIO

from dmdrepro.cli.signals import reader_is_gone

NAME = "standard output"
NARROWEST = 40  # columns: narrower is taken for no width at all, for nothing can be read in it
GONE = (errno.EPIPE, errno.EIO)  # the reader has ended; the terminal was closed


class Stream:
    """A standard stream that writes nowhere once it cannot be written to.

    If the reader of the output is gone, the command ends like one that a signal stops. A full
    disk is an OSError with `NAME`. Errors that cannot be told to anyone are left out.
    """

    def __init__(self, stream: TextIO, *, output: bool) -> None:
        self._stream, self._output = stream, output

    def __getattr__(self, name: str):
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        # What is still held back goes nowhere too, or Python would fail at its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
        if not self._output:
            return
        if error.errno in GONE:
            reader_is_gone()
        else:
            error.filename = NAME
            raise error


def prepare_streams() -> None:
    """Make sys.stdout and sys.stderr such streams; what was closed (`>&-`) writes nowhere.

    A character that the reader's alphabet lacks is written as its escape.
    """
    for descriptor in range(3):  # else the next file that is opened would become the output
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name, output in (("stdout", True), ("stderr", False)):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, "w")  # noqa: SIM115 - it lives as long as the process
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, Stream(stream, output=output))


def mind_width() -> None:
    """Forget a `COLUMNS` in which nothing can be shown: 0, a word, a number below `NARROWEST`."""
    columns = os.environ.get("COLUMNS", "")
    if not (columns.isdecimal() and int(columns) >= NARROWEST):
        os.environ.pop("COLUMNS", None)
