"""Long work in compiled code that a signal can end at once."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")
LOOK_EVERY_S = 0.2  # for systems on which a wait is not ended by a signal


def interruptible(work: Callable[[], T]) -> T:
    """`work()` in a thread of its own, while this one waits where signals reach it.

    Python handles signals in the main thread, between its own instructions, so Ctrl-C would wait
    for a solver's call to return. `work` must release the global lock, as scipy's and lapx's
    solvers do. What a signal's handler raises is raised here; the thread is left behind. Outside
    the main thread, which no signal reaches, `work` is called directly.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # for whoever waits, whatever it is
            future.set_exception(error)

    threading.Thread(target=run, name="interruptible", daemon=True).start()
    while not future.done():
        wait([future], LOOK_EVERY_S)
    return future.result()
