"""From exceptions to one sentence and an exit code; from signals to a saved state."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console

from dmdrepro.data.mnist_check import MnistUnavailable
from dmdrepro.experiments import ConfigError
from dmdrepro.runs.errors import RunError, Stopped

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

HOW_TO_GO_ON = "Run the same command again (without --fresh) to go on from there."


def fail(sentence: str, code: int = 1) -> NoReturn:
    """Print one sentence to stderr and exit."""
    errors.print(f"Error: {sentence}", markup=False)
    raise typer.Exit(code)


# Exceptions whose message is the whole story.
USER_ERRORS = (ConfigError, RunError, MnistUnavailable)


@contextmanager
def guarded() -> Iterator[None]:
    """Turn a user's mistake into one sentence and exit code 1, an interrupt into 130."""
    try:
        yield
    except USER_ERRORS as error:
        fail(str(error))
    except KeyboardInterrupt:
        errors.print(f"Stopped. {HOW_TO_GO_ON}")
        raise typer.Exit(130) from None
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        fail(
            f"{error.filename or 'A file'}: {error.strerror}; free space or fix its rights, "
            "then run the same command again."
        )


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
        what = f"{stop}. " if isinstance(stop, Stopped) else "Stopped. "
        errors.print(what + HOW_TO_GO_ON, markup=False)
        raise typer.Exit(128 + (received[0] if received else signal.SIGINT)) from None
    finally:
        session.stop_requested = session.in_loop = False
        for number, handler in before.items():
            signal.signal(number, handler)
