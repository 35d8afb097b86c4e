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
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ctypes import c_byte
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from dmdrepro.checkout import leave_path, on_path
from dmdrepro.cli.console import console
from dmdrepro.cli.limits import limit_sentence
from dmdrepro.cli.options import Request
from dmdrepro.cli.output import prepare_streams
from dmdrepro.cli.paths import os_sentence
from dmdrepro.cli.plan import Plan, Task
from dmdrepro.cli.progress import ProgressDisplay
from dmdrepro.cli.signals import STOPS
from dmdrepro.runs.errors import RunError, Stopped
from dmdrepro.training.engine import Engine

MOST = 4  # jobs without --jobs: each needs about a gigabyte
FIRST = ("classifier", "teacher")  # stages that others depend on
LOOK_S = 0.2  # between looks for a stop
# A process's own: `kill`, and the limit of its processor time. The others are sent to all of a
# terminal or a batch job: the first process passes them on.
OWN = (signal.SIGTERM, signal.SIGXCPU)

KILLED = (
    "A process was killed from outside, perhaps for want of memory; what the others made is saved. "
    "Run the same command again, with fewer --jobs if memory is short."
)
ENDED = (
    "A process ended by itself (exit status {}; what it said stands above); what the others made "
    "is saved. Run the same command again with --jobs 1."
)
STOPPED_ALONE = (
    "A process was told to end from outside (`kill`, or a limit on its processor time); all have "
    "saved. Run the same command again."
)
Group = list[Task]
Failed = Callable[[Task, Exception], None]


@dataclass
class Worker:
    """A process, the way to it, and the group that it is at."""

    process: BaseProcess
    pipe: Connection
    group: Group = field(default_factory=list)


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
    """
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
    Raises Stopped after session.stop_requested, once all have saved; at a second signal, which is
    a KeyboardInterrupt, they end at once. Raises RunError where a process was killed.
    """
    each = max(1, threads // jobs)
    console.print(f"{jobs} processes side by side, threads each: {each}")
    context = multiprocessing.get_context("spawn")
    with _starting():
        stop = context.RawValue("b", 0)  # without a lock: one that a killed process held is lost
    session.in_loop = True  # a first signal asks for a stop
    workers: list[Worker] = []
    try:
        try:
            for _ in range(jobs):
                with _starting():
                    workers.append(_start(context, (request, session.engine, each, jobs, stop)))
            for phase in groups(plan):
                _run_phase(phase, workers, plan, session, stop, failed)
        except Exception:
            _end(workers, stop)
            raise
        _end(workers, stop)
    except KeyboardInterrupt:
        for worker in workers:
            worker.process.kill()
        raise
    finally:
        session.leave_loop()


@contextmanager
def _starting() -> Iterator[None]:
    """What cannot be started or shared is a RunError that names the way without."""
    try:
        yield
    except OSError as error:
        reason = limit_sentence(error) or os_sentence(error)
        raise RunError(
            f"Processes side by side cannot be started: {reason} With --jobs 1 none are needed."
        ) from error


def _end(workers: list[Worker], stop: c_byte) -> None:
    """Wait until all have saved and ended."""
    stop.value = 1
    for worker in workers:
        worker.pipe.close()
    for worker in workers:
        worker.process.join()


def _start(context, settings: tuple) -> Worker:
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, os.getpid(), *settings))
    # Held back until the process has handlers of its own: it inherits this. The tracker, which
    # comes with the first process and is to outlive them, lets two signals through again.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        with on_path():
            process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    theirs.close()  # now the pipe ends where the process does
    return Worker(process, ours)


def _run_phase(
    phase: Sequence[Group],
    workers: list[Worker],
    plan: Plan,
    session,
    stop: c_byte,
    failed: Failed,
) -> None:
    waiting, stopped = list(phase), None
    while True:
        if session.stop_requested:
            stop.value = 1
            waiting.clear()
        for worker in workers:
            while waiting and not worker.group:
                group = waiting.pop(0)
                if group[0].run.experiment.name not in plan.cannot:
                    worker.group = group
                    _send(worker)
        busy = {worker.pipe: worker for worker in workers if worker.group}
        if not busy:
            break
        for pipe in wait(list(busy), LOOK_S):
            group, busy[pipe].group = busy[pipe].group, []
            place, error = _answer(busy[pipe], session)
            if isinstance(error, Stopped):
                if not session.stop_requested:
                    time.sleep(LOOK_S)  # the signal may have been sent to all
                if not session.stop_requested:
                    raise RunError(STOPPED_ALONE)
                stopped = stopped or error
            elif error is not None:
                failed(group[place], error)
    if session.stop_requested:
        raise stopped or Stopped("Stopped, saved")


def _send(worker: Worker) -> None:
    with suppress(OSError):  # it has ended: the next look at its pipe says so
        worker.pipe.send(worker.group)


def _answer(worker: Worker, session) -> tuple[int, Exception | None]:
    """The place of a group's task that could not be made, and why; (0, None) where all were."""
    try:
        place, error = worker.pipe.recv()
    except (EOFError, OSError):
        if session.stop_requested:  # the process had the signal too, before it had begun
            return 0, Stopped("Stopped, saved")
        worker.process.join(LOOK_S)
        status = worker.process.exitcode
        raise RunError(ENDED.format(status) if status and status > 0 else KILLED) from None
    if isinstance(error, str):  # a mistake of the program
        raise RuntimeError(error)
    return place, error


_busy = threading.Lock()  # of a process: held while a group runs


def _work(
    pipe: Connection,
    parent: int,
    request: Request,
    engine: Engine,
    threads: int,
    jobs: int,
    stop: c_byte,
) -> None:
    """A process: groups come and answers go by `pipe`, until it ends."""
    leave_path()
    prepare_streams()
    import torch

    from dmdrepro.metrics.memory import share_memory
    from dmdrepro.stages.context import Context
    from dmdrepro.training.device import select_device
    from dmdrepro.training.session import Session

    torch.set_num_threads(threads)
    share_memory(jobs)
    progress = ProgressDisplay(console, bar=False)
    device = select_device(request.gpu)
    session = Session(device=device, progress=progress, engine=engine, say=console.print)
    context = Context(session, request.data, request.offline, console.print)

    def leave(*_: object) -> None:
        session.stop_requested = True
        threading.Thread(target=_end_when_saved, daemon=True).start()

    def watch() -> None:
        while os.getppid() == parent:
            if stop.value:
                session.stop_requested = True
            time.sleep(LOOK_S)
        leave()  # the parent was killed: nobody waits for this process

    for number in STOPS:
        signal.signal(number, leave if number in OWN else signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    threading.Thread(target=watch, daemon=True).start()
    try:
        while True:
            group = pipe.recv()
            with _busy:  # until the answer is sent: else nobody would hear what was saved
                pipe.send(_run(group, context))
    except (EOFError, OSError):  # the command has ended
        return


def _end_when_saved() -> None:
    with _busy:
        os._exit(1)


def _run(group: Group, context) -> tuple[int, Exception | str | None]:
    from dmdrepro.cli.execute import make
    from dmdrepro.data.mnist_layout import MnistUnavailable

    for place, task in enumerate(group):
        try:
            if context.session.stop_requested:
                raise Stopped(f"Stopped before {task.stage} {task.label}")
            make(task, context)
        except (RunError, MnistUnavailable, Stopped) as error:
            return place, error
        except OSError as error:  # a full disk, a folder that cannot be written to
            return place, RunError(os_sentence(error))
        except Exception:  # to be shown where the command ends
            return place, traceback.format_exc()
    return 0, None
