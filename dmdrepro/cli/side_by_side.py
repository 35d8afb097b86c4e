"""Independent stages side by side in processes: on a CPU, one thread each uses the cores better.

A group is a list of tasks that depend on one another; groups do not. First come the groups of
teachers and classifiers, then those of each student with its samples and evaluation.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from ctypes import c_byte

from dmdrepro.cli.guard import console
from dmdrepro.cli.options import Request
from dmdrepro.cli.plan import Plan, Task
from dmdrepro.cli.progress import ProgressDisplay
from dmdrepro.runs.errors import RunError, Stopped
from dmdrepro.training.engine import Engine

MOST = 4  # jobs without --jobs: each needs about a gigabyte
FIRST = ("classifier", "teacher")  # stages that others depend on
LOOK_S = 0.2  # between looks for a stop

Group = list[Task]
Failed = Callable[[Task, Exception], None]


def groups(plan: Plan) -> tuple[list[Group], list[Group]]:
    """(teachers and classifiers, students), each in the plan's order."""
    found: tuple[dict, dict] = ({}, {})
    for task in plan.tasks:
        place = task.run.place(task.stage, task.snapshot).folder
        if task.stage in FIRST:
            found[0][task.stage, place] = [task]
        else:
            found[1].setdefault((task.run.folder, task.snapshot), []).append(task)
    return list(found[0].values()), list(found[1].values())


def jobs_of(wanted: int | None, plan: Plan, device, threads: int) -> int:
    """How many processes: what was asked for; else as many as pay, for what the plan has in all.

    What is done already counts too, so that the same command goes on with the same threads, and
    so to the same bytes. A GPU is one place, and a smoke run is over before processes have begun.
    Raises RunError for a number below 1.
    """
    if wanted is not None and wanted < 1:
        raise RunError(f"--jobs {wanted} is no number of processes; give 1 or more.")
    most = max(1, *map(len, groups(plan)))
    if wanted is not None:
        return min(wanted, most)
    if device.type != "cpu" or plan.size == "smoke":
        return 1
    return min(MOST, threads, most)


def run_side_by_side(
    plan: Plan, request: Request, session, jobs: int, threads: int, failed: Failed
) -> None:
    """Run the plan's tasks in `jobs` processes that share `threads`.

    `failed` is told of a group's task and its RunError: it may raise, which stops the others.
    Raises Stopped after session.stop_requested, once all have saved.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.RawValue("b", 0)  # no Event: its set() waits for ever for a killed process
    arguments = (request, session.engine, max(1, threads // jobs), stop, os.getpid())
    console.print(f"{jobs} processes side by side, threads each: {max(1, threads // jobs)}")
    pool = ProcessPoolExecutor(jobs, context, _begin, arguments)
    with _ended(pool, stop, session):
        for phase in groups(plan):
            running = {
                pool.submit(_run, group): group
                for group in phase
                if group[0].run.experiment.name not in plan.cannot
            }
            for future in _as_done(running, session, stop):
                _look(future, running[future], failed)
            if session.stop_requested:
                raise Stopped("Stopped, saved")


@contextmanager
def _ended(pool: ProcessPoolExecutor, stop: c_byte, session) -> Iterator[None]:
    """The processes save and end whatever happens; at a second signal they end at once."""
    session.in_loop = True  # a first signal asks for a stop
    try:
        yield
    except BrokenProcessPool:
        raise RunError(
            "A process was killed from outside, perhaps for want of memory; what the others made "
            "is saved. Run the same command again, with fewer --jobs if memory is short."
        ) from None
    except KeyboardInterrupt:
        for process in multiprocessing.active_children():
            process.kill()
        raise
    finally:
        stop.value = 1
        pool.shutdown(cancel_futures=True)
        session.leave_loop()


def _as_done(running: dict[Future, Group], session, stop: c_byte) -> Iterator[Future]:
    """Each future when it is done; a stop asked for meanwhile is passed on."""
    left = set(running)
    while left:
        done, left = wait(left, LOOK_S, FIRST_COMPLETED)
        yield from done
        if session.stop_requested and not stop.value:
            stop.value = 1
            for future in running:
                future.cancel()


def _look(future: Future, group: Group, failed: Failed) -> None:
    if future.cancelled():
        return
    trouble = future.result()  # or Stopped
    if trouble is not None:
        place, error = trouble
        failed(group[place], error)


_work: list = []  # of a process: its Context
_busy = threading.Lock()  # held while a group runs


def _begin(request: Request, engine: Engine, threads: int, stop: c_byte, parent: int) -> None:
    """What a process does first."""
    import torch

    from dmdrepro.stages.context import Context
    from dmdrepro.training.device import select_device
    from dmdrepro.training.session import Session

    torch.set_num_threads(threads)
    session = Session(
        device=select_device(request.gpu), progress=ProgressDisplay(console, bar=False),
        engine=engine,
    )  # fmt: skip
    _work.append(Context(session, request.data, request.offline, console.print))

    def leave(*_: object) -> None:
        session.stop_requested = True
        threading.Thread(target=_end_when_saved, daemon=True).start()

    def watch() -> None:
        while not stop.value:
            time.sleep(LOOK_S)
            if os.getppid() != parent:  # it was killed: nobody waits for this process
                leave()
                return
        session.stop_requested = True

    # Ctrl-C reaches every process of a terminal: the first one passes it on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=watch, daemon=True).start()


def _end_when_saved() -> None:
    with _busy:
        os._exit(1)


def _run(group: Sequence[Task]) -> tuple[int, Exception] | None:
    """The place of the first task that could not be made, and why; None where all were.

    Raises Stopped where it was asked to stop.
    """
    from dmdrepro.cli.execute import make
    from dmdrepro.data.mnist_check import MnistUnavailable

    (context,) = _work
    with _busy:
        for place, task in enumerate(group):
            if context.session.stop_requested:
                raise Stopped(f"Stopped before {task.stage} {task.label}")
            try:
                make(task, context)
            except (RunError, MnistUnavailable) as error:
                return place, error
    return None
