"""Long work in compiled code that a signal can end at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_EVERY_S = 0.2  # for systems on which a wait is not ended by a signal


def interruptible(work: Callable[[], T]) -> T:
    """`work()`, in a thread of its own while this one waits where signals reach it.

    Python handles signals in the main thread and between its own instructions: a solver that
    computes for minutes in one call would let Ctrl-C wait as long. `work` must give up the global
    lock, as scipy's and lapx's solvers do. What a signal's handler raises is raised here, and the
    thread is left behind: it ends with the process, or with its work. Outside the main thread,
    which no signal reaches, `work` is called as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    results: list[T] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # for whoever waits, whatever it is
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, name="interruptible", daemon=True).start()
    while not done.wait(LOOK_EVERY_S):
        pass
    if errors:
        raise errors[0]
    return results[0]
