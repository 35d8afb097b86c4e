"""From exceptions to one sentence and an exit code; from signals to a saved state."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from dmdrepro.cli.console import console, errors
from dmdrepro.cli.limits import check_threads, limit_sentence, os_sentence
from dmdrepro.cli.progress import display
from dmdrepro.cli.signals import PIPE, SIGINT, Interrupted, Listener
from dmdrepro.data.mnist_layout import MnistUnavailable
from dmdrepro.experiments import ConfigError
from dmdrepro.runs.errors import RunError, Stopped

__all__ = ["console", "display", "errors", "fail", "guarded", "stoppable"]

HOW_TO_GO_ON = "Run the same command again to go on from there."
NOTHING_KEPT = "Run the same command again. It starts anew: nothing is kept before its end."


def how_to_go_on(fresh: bool) -> str:
    """What is said after a stop. Given again, `--fresh` would move aside what was saved."""
    if not fresh:
        return HOW_TO_GO_ON
    return (
        "Run the same command again to go on from there, without --fresh if it has moved the old "
        "stages aside."
    )


def fail(sentence: str, code: int = 1) -> NoReturn:
    """Print one sentence to stderr and exit."""
    errors.print(f"Error: {sentence}")
    raise typer.Exit(code)


# Exceptions whose message is the whole story.
USER_ERRORS = (ConfigError, RunError, MnistUnavailable)


@contextmanager
def guarded(then: str = HOW_TO_GO_ON) -> Iterator[None]:
    """Turn a user's mistake into one sentence and exit code 1, a stop signal into 128 + it.

    `then`: what is said after a stop.
    """
    try:
        with Listener(then) as listener:
            check_threads()
            yield
            if listener.received:  # its exception was lost on the way
                raise Interrupted(listener.received[0])
    except USER_ERRORS as error:
        fail(str(error))
    except KeyboardInterrupt as stop:
        fail_stopped("Stopped.", stop.number if isinstance(stop, Interrupted) else SIGINT, then)
    except (OSError, MemoryError, ImportError, RuntimeError) as error:
        sentence = limit_sentence(error)
        if sentence is None and isinstance(error, OSError):
            sentence = os_sentence(error) if error.filename or error.errno else None
        if sentence is None:
            raise
        fail(sentence)


def fail_stopped(what: str, number: int, then: str = HOW_TO_GO_ON) -> NoReturn:
    """Say how to go on after signal `number`, and exit as a shell expects: 128 + number.

    A reader of the output that is gone counts as SIGPIPE, and is told nothing.
    """
    if number != PIPE:
        errors.print(f"{what} {then}")
    raise typer.Exit(128 + number) from None


@contextmanager
def stoppable(session, then: str = HOW_TO_GO_ON) -> Iterator[None]:
    """A stop signal asks the work to save and stop; a second Ctrl-C or SIGTERM ends it at once.

    `then`: what is said after a stop.
    """
    listener = Listener(then, session)
    try:
        with listener:
            yield
            if listener.received:  # too late for the work to see
                raise Stopped("Stopped")
    except (Stopped, KeyboardInterrupt) as stop:
        display.close()
        what = f"{stop}." if isinstance(stop, Stopped) else "Stopped."
        fail_stopped(what, listener.received[0] if listener.received else SIGINT, then)
    finally:
        display.close()  # an error's sentence goes below the bar, and the cursor comes back
        session.stop_requested = session.in_loop = False
