"""`reproduce.py` that signals itself: signalled.py MODULE:NAME NTH SIGNAL ARGUMENT...

Just before the NTH call of the named function (a class's method: MODULE:Class.method).
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys

from dmdrepro.cli import main


def signal_before(target: str, nth: int, number: int) -> None:
    module, _, dotted = target.partition(":")
    *path, name = dotted.split(".")
    owner = functools.reduce(getattr, path, importlib.import_module(module))
    function, calls = getattr(owner, name), []

    def signalled(*arguments, **options):
        calls.append(1)
        if len(calls) == nth:
            os.kill(os.getpid(), number)
        return function(*arguments, **options)

    setattr(owner, name, signalled)


if __name__ == "__main__":
    target, nth, name = sys.argv[1:4]
    del sys.argv[1:4]
    signal_before(target, int(nth), getattr(signal, name))
    main()
