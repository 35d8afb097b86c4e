"""The command line: one file per command; each parses, calls and prints.

This file imports little: until `main` has set its handlers, a signal has Python's own effect.
"""

import os
import sys
import threading
import warnings

from dmdrepro.cli.signals import ignore_the_rest, listen


def wait_briefly() -> None:
    """Let waiting OpenMP threads sleep soon, unless the user has chosen how they wait.

    By default they spin. Beside another busy program that takes the core from the thread they wait
    for (docs/performance.md). Call it before torch is imported: the library reads this once.
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
    warnings.formatwarning = lambda message, *_: f"Warning: {message}\n"  # no line of the source
    from dmdrepro.cli.commands import app

    try:
        sys.exit(app())
    except SystemExit as end:
        if isinstance(end.code, int):
            if end.code > 128:
                ignore_the_rest()
            # Beside a stopped solver (metrics/interruptible.py) torch takes seconds to be taken
            # apart; of several ranks NCCL would wait for who has ended.
            solving = any(thread.name == "interruptible" for thread in threading.enumerate())
            if solving or (end.code and "LOCAL_RANK" in os.environ):
                leave(end.code)
        raise
    except OSError as error:
        if error.filename != NAME:
            raise
        sys.exit(f"Error: {NAME}: {error.strerror}.")


def leave(code: int) -> None:
    """End the process at once."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
