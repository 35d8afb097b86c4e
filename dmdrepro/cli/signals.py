"""Signals that ask the program to end: which they are, and what one does at which moment.

Before a command works, one ends the process at once. In a loop that saves itself, one asks for
that (`session.stop_requested`). Anywhere else one is an exception, `Interrupted`, unless that
would be lost on its way. A signal that was ignored at the start (nohup ignores SIGHUP, a shell
without job control SIGINT for its background jobs) stays ignored; SIGTERM always counts.

This module is imported first of all, so it imports little.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

# Ctrl-C; kill; a closed terminal; the warnings of Slurm, LSF, Grid Engine and submitit; the limit
# of processor time. Ctrl-\ (SIGQUIT) is not among them: it is the key that ends at once.
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
         signal.SIGXCPU)  # fmt: skip
SIGINT = signal.SIGINT
# Sent again, these end the work at once. The others come again without a person: the shell repeats
# the terminal's SIGHUP, the system sends SIGXCPU every second.
INSISTENT = (signal.SIGINT, signal.SIGTERM)
# `timeout` and `uv run` send what they pass on twice: this soon it is the same request.
SAME_S = 0.5
PIPE = signal.SIGPIPE  # never handled: the number that a lost reader counts as

Handler = Callable[[int, FrameType | None], None]


class Interrupted(KeyboardInterrupt):
    """Signal `number` outside the work that saves itself."""

    def __init__(self, number: int) -> None:
        self.number = number


def heeded() -> list[signal.Signals]:
    """The signals that stop the program here: those that nobody has chosen to ignore."""
    return [
        number
        for number in STOPS
        if number == signal.SIGTERM or signal.getsignal(number) not in (signal.SIG_IGN, None)
    ]


def end_at_once(number: int, frame: FrameType | None = None) -> NoReturn:
    """The handler of the start: nothing has been made, and nothing is to be saved."""
    _leave(number, "Stopped. Run the same command again.")


def listen() -> None:
    """Let every stop signal end the process at once, until a command listens for itself."""
    for number in heeded():
        signal.signal(number, end_at_once)
    _listening[:] = [end_at_once]


def ignore_the_rest() -> None:
    """Ignore what comes after the end that a signal asked for has begun.

    `timeout` and `uv run` send it twice. Python, as it ends, takes our handlers away first, so the
    second would kill the process with another exit status.
    """
    for number in heeded():
        signal.signal(number, signal.SIG_IGN)


class Listener:
    """What signals do while a command, or its work with a `session`, runs: a context.

    `received`: their numbers, in order; 128 + the first is the exit status.
    """

    def __init__(self, how_to_go_on: str, session=None) -> None:
        self.received: list[int] = []
        self._words, self._session = f"Stopped. {how_to_go_on}", session
        self._first_insistent = self._raised = 0.0  # when

    def __enter__(self) -> Listener:
        self._before = {number: signal.signal(number, self) for number in heeded()}
        _listening.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _listening.remove(self)
        outer = _listening[-1] if _listening else None
        if self.received and isinstance(outer, Listener):  # the way out leads through it
            outer.received += self.received
            outer._raised = time.monotonic()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.received.append(number)
        now, insists = time.monotonic(), False
        if number in INSISTENT:
            insists = self._first_insistent and now - self._first_insistent >= SAME_S
            self._first_insistent = self._first_insistent or now
        if self._raised:  # it is on its way out
            if number in INSISTENT and now - self._raised >= SAME_S:
                self._leave()
            return
        in_loop = self._session is not None and self._session.in_loop
        if self._session is not None:  # seen by the next stage, should the exception be lost
            self._session.stop_requested = True
        # Asked before, it is on its way to a save: after the loop, out of it, as within.
        if (in_loop or len(self.received) > 1) and not insists:
            return
        if _would_be_lost(frame):
            self._leave()
        self._raised = now
        raise Interrupted(number)

    def _leave(self) -> NoReturn:
        bar = self._session is not None and self._session.in_loop
        _leave(self.received[0], self._words, show_cursor=bar)


_listening: list[Handler] = []  # the innermost last


def reader_is_gone() -> None:
    """Nobody reads the output any more (`| head`): stop as a signal would, without a word."""
    if _listening and threading.current_thread() is threading.main_thread():
        _listening[-1](PIPE, sys._getframe())


def _would_be_lost(frame: FrameType | None) -> bool:
    """Whether an exception here might not get out.

    In an import: torch's catches some, and breaks by others. In a finaliser: printed and dropped.
    In the lines that come and go with a context: they are nobody's.
    """
    if frame is not None and frame.f_code.co_filename in (__file__, _CONTEXTS):
        return frame.f_code is not reader_is_gone.__code__
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith("<frozen importlib") or code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


_CONTEXTS = os.path.join(os.path.dirname(os.__file__), "contextlib.py")


def _leave(number: int, sentence: str, *, show_cursor: bool = False) -> NoReturn:
    """End the process here, without an exception, as a shell expects: 128 + number."""
    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105 - contextlib is not imported this early
            stream.flush()
        except Exception:  # closed, or in the middle of a write
            pass
    # Of the processes that torchrun has started the first says so.
    follows = "TORCHELASTIC_RUN_ID" in os.environ and os.environ.get("RANK", "0") != "0"
    words = "" if number == PIPE or follows else f"{sentence}\n"
    if show_cursor and os.isatty(2):
        words = f"\x1b[?25h{words}"
    try:  # noqa: SIM105 - as above
        os.write(2, words.encode())
    except OSError:  # nobody reads it
        pass
    os._exit(128 + number)
