"""From exceptions to one sentence and an exit code; from signals to a saved state."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console

from dmdrepro.cli.paths import os_sentence
from dmdrepro.data.mnist_check import MnistUnavailable
from dmdrepro.experiments import ConfigError
from dmdrepro.runs.errors import RunError, Stopped

# No markup and no emoji codes: brackets and colons are the user's, in paths above all.
console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

HOW_TO_GO_ON = "Run the same command again (without --fresh) to go on from there."
NOTHING_KEPT = "Run the same command again: it begins anew, since it keeps nothing before its end."


def fail(sentence: str, code: int = 1) -> NoReturn:
    """Print one sentence to stderr and exit."""
    errors.print(f"Error: {sentence}")
    raise typer.Exit(code)


# Exceptions whose message is the whole story.
USER_ERRORS = (ConfigError, RunError, MnistUnavailable)


class Terminated(KeyboardInterrupt):
    """SIGTERM outside the work that can save itself."""


@contextmanager
def guarded(then: str = HOW_TO_GO_ON) -> Iterator[None]:
    """Turn a user's mistake into one sentence and exit code 1, an interrupt into 130 or 143.

    `then`: what is said after an interrupt.
    """

    def terminate(number: int, frame: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except USER_ERRORS as error:
        fail(str(error))
    except KeyboardInterrupt as stop:
        number = signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT
        fail_stopped("Stopped.", number, then)
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        fail(os_sentence(error))
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def fail_stopped(what: str, number: int, then: str = HOW_TO_GO_ON) -> NoReturn:
    """Say how to go on after signal `number`, and exit as a shell expects: 128 + number."""
    errors.print(f"{what} {then}")
    raise typer.Exit(128 + number) from None


@contextmanager
def stoppable(session) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the work to save and stop; a second one ends it at once."""
    received: list[int] = []

    def handle(number: int, frame: object) -> None:
        received.append(number)
        if not session.in_loop or len(received) > 1:
            raise KeyboardInterrupt
        session.stop_requested = True

    before = {n: signal.signal(n, handle) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except (Stopped, KeyboardInterrupt) as stop:
        session.progress.end()
        what = f"{stop}." if isinstance(stop, Stopped) else "Stopped."
        fail_stopped(what, received[0] if received else signal.SIGINT)
    finally:
        session.progress.end()  # an error's sentence goes below the bar, and the cursor comes back
        session.stop_requested = session.in_loop = False
        for number, handler in before.items():
            signal.signal(number, handler)
