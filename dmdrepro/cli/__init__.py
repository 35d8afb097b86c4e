"""The command line: one file per command; each parses, calls and prints.

This file imports little: until `main` has set its handlers, a signal has Python's own effect.
"""

from __future__ import annotations

import os
import sys
import threading

from dmdrepro.cli.signals import ignore_the_rest, listen


def wait_briefly() -> None:
    """Let waiting OpenMP threads sleep soon, unless the user has chosen how they wait.

    They wait by spinning, for milliseconds: beside another busy program that takes the core from
    the very thread they wait for, and a toy's step took twenty times as long (docs/performance.md).
    To be called before torch is imported, for the library reads this once.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def main() -> None:
    """Entry point of `reproduce.py`, of `python -m dmdrepro` and of the console script."""
    listen()
    from dmdrepro.cli.output import NAME, mind_width, prepare_streams

    prepare_streams()
    mind_width()
    wait_briefly()
    # A notebook names its own backend here, which other programs may not have; files need none.
    os.environ["MPLBACKEND"] = "agg"
    from dmdrepro.cli.commands import app

    try:
        sys.exit(app())
    except SystemExit as end:
        if isinstance(end.code, int):
            if end.code > 128:
                ignore_the_rest()
            leave_solver(end.code)
            if end.code and "LOCAL_RANK" in os.environ:  # NCCL would wait for who has ended
                leave(end.code)
        raise
    except OSError as error:
        if error.filename != NAME:
            raise
        sys.exit(f"Error: {NAME}: {error.strerror}.")


def leave_solver(code: int) -> None:
    """End the process if a stopped solver is still at work, without taking torch apart.

    That is a second of work, of which the solver would take a half: beside other busy programs the
    prompt came ten seconds after "Stopped".
    """
    # Named in metrics/interruptible.py.
    if any(thread.name == "interruptible" for thread in threading.enumerate()):
        leave(code)


def leave(code: int) -> None:
    """End the process at once."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
