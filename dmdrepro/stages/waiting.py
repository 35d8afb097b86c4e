"""Two commands that need one stage: the second waits for the first instead of failing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import sleep

from dmdrepro.runs.errors import Busy, Stopped
from dmdrepro.runs.stage import Stage
from dmdrepro.training.session import Session

LOOK_S = 0.2  # between looks for the lock and for a stop


@contextmanager
def alone(stage: Stage, session: Session, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the stage's lock. If another process holds it, wait if the stage is shared.

    Says who is waited for. Raises Stopped at a stop request, and Busy for a stage that one run
    alone has: two commands that make the same run are a mistake.
    """
    told = False
    with ExitStack() as lock:
        while True:
            try:
                lock.enter_context(stage.locked())
                break
            except Busy as busy:
                if not stage.shared:
                    raise
                if not told:
                    who = str(busy).partition("; wait for it")[0].rstrip(".")
                    say(f"{who}: waiting for it to end, since it is needed here too.")
                    session.in_loop = told = True  # a first signal asks for a stop
            if session.stop_requested:
                raise Stopped(f"Stopped while waiting for another process to make {stage.what}")
            sleep(LOOK_S)
        if told:
            session.in_loop = False
        yield
