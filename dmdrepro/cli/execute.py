"""Run a plan's tasks in order, keep going where one experiment fails, say what was not run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from rich.table import Table

from dmdrepro.cli.guard import console, errors, fail, stoppable
from dmdrepro.cli.options import Request
from dmdrepro.cli.plan import Plan, Task, make_plan
from dmdrepro.cli.progress import ProgressDisplay
from dmdrepro.data.mnist_check import MnistUnavailable
from dmdrepro.runs.errors import RunError, Stopped


def run_command(request: Request, stages: tuple[str, ...]) -> Plan | None:
    """Plan, show and run the stages; None after a dry run.

    A failure of an experiment that was named ends the command; otherwise the others go on and
    the reason is kept in `plan.cannot`.
    """
    plan = make_plan(request, stages)
    for remark in plan.remarks:
        console.print(f"Note: {remark}", markup=False)
    if request.dry_run:
        show_plan(plan, request)
        return None
    from dmdrepro.stages.context import Context
    from dmdrepro.training.device import select_device
    from dmdrepro.training.session import Session

    session = Session(device=select_device(request.gpu), progress=ProgressDisplay(console))
    say = partial(console.print, markup=False)
    context = Context(session, request.data, request.offline, say)
    _announce(plan, session.device)
    with stoppable(session):
        _fetch(plan, context, request)
        if request.fresh:
            _set_all_aside(plan, context, request)
        for task in plan.tasks:
            if task.run.experiment.name in plan.cannot:
                continue
            with _others_go_on(plan, request, task):
                _make(task, context)
            if session.stop_requested:  # too late for the stage itself to see
                raise Stopped(f"Stopped after {task.stage} {task.label}")
    return plan


@contextmanager
def _others_go_on(plan: Plan, request: Request, task: Task) -> Iterator[None]:
    """Keep one experiment's failure from the others, unless it was named."""
    try:
        yield
    except (RunError, MnistUnavailable) as error:
        name = task.run.experiment.name
        if name in request.names:
            raise
        plan.cannot[name] = str(error)
        plan.failed.append(name)
        errors.print(f"{task.stage} {task.label} failed: {error}", markup=False)


def _set_all_aside(plan: Plan, context, request: Request) -> None:
    """Move every stage of the command aside before the first is made.

    So an interrupted command goes on without --fresh: no later stage still holds old results.
    A stage whose inputs, made by no task of this command, are not there stays where it is. A stop
    waits until all are aside: half of them would be such old results.
    """
    context.session.in_loop = True
    for task in plan.tasks:
        if task.run.experiment.name in plan.cannot:
            continue
        if task.stage == plan.tasks[0].stage:
            try:
                task.open()
            except RunError:
                continue
        with _others_go_on(plan, request, task):
            context.set_aside(task.run.place(task.stage, task.snapshot))
    context.session.leave_loop()
    if context.session.stop_requested:
        raise Stopped("Stopped before the first stage")


def conclude(plan: Plan, damaged: Mapping[str, str] | None = None) -> None:
    """The last words of a command: what was not run, and exit code 1 where something failed.

    `damaged`: experiment -> the sentence about results that were read and cannot be shown.
    """
    damaged = damaged or {}
    show_not_run(plan)
    for name, sentence in damaged.items():
        if name not in plan.failed:
            errors.print(f"{name} is damaged: {sentence}", markup=False)
    failed = list(dict.fromkeys([*plan.failed, *damaged]))
    if failed:
        fail(f"{len(failed)} of the experiments failed: {', '.join(failed)}.")


def _make(task: Task, context) -> None:
    from dmdrepro.stages.distill import make_student
    from dmdrepro.stages.evaluate import make_evaluation
    from dmdrepro.stages.sample import make_samples
    from dmdrepro.stages.teacher import make_teacher

    if task.snapshot is None:
        make_teacher(task.run, context)
        return
    makers = {"distill": make_student, "sample": make_samples, "evaluate": make_evaluation}
    makers[task.stage](task.run, task.snapshot, context)


def _fetch(plan: Plan, context, request: Request) -> None:
    """Download what is missing before hours of work depend on it."""
    if not plan.downloads:
        return
    try:
        for experiment in plan.experiments:
            if experiment.name.startswith("mnist"):
                context.dataset(experiment.data)
    except MnistUnavailable as error:
        for experiment in plan.experiments:
            if experiment.name.startswith("mnist"):
                plan.cannot[experiment.name] = str(error)
                if experiment.name in request.names:
                    fail(f"{experiment.name} cannot run: {error}")


def _announce(plan: Plan, device) -> None:
    running = [e.name for e in plan.experiments if e.name not in plan.cannot]
    size = plan.size if plan.size == "paper" else f"{plan.size} (reduced)"
    console.print(
        f"Size {size}, seed {plan.seed}, device {device}, runs in {plan.runs}: "
        f"{', '.join(running) or 'nothing'}",
        markup=False,
    )
    show_not_run(plan)


def show_not_run(plan: Plan) -> None:
    for name, reason in plan.cannot.items():
        console.print(f"not run: {name}: {reason}", markup=False)


def show_plan(plan: Plan, request: Request) -> None:
    """The dry run: each stage with its state and its estimated cost."""
    from dmdrepro.experiments.estimate import CPU, GPU, estimate

    gpu = request.gpu != "cpu" and (request.gpu is not None or _gpu_here())
    table = Table(
        "#",
        "stage",
        "experiment (teacher iterations)",
        "state",
        "time",
        "memory",
        "disk",
        title=f"Plan: size {plan.size}, seed {plan.seed}, runs in {plan.runs}",
    )
    total_s = disk = memory = 0.0
    for number, task in enumerate(plan.tasks, 1):
        cost = estimate(task.run.experiment, task.stage, gpu=gpu)
        state = "to do (--fresh)" if request.fresh else task.status()
        if state != "done":
            total_s, disk = total_s + cost.seconds, disk + cost.disk
            memory = max(memory, cost.memory)
        costs = _time(cost.seconds), _bytes(cost.memory), _bytes(cost.disk)
        table.add_row(str(number), task.stage, task.label, state, *costs)
    console.print(table)
    speed = GPU if gpu else CPU
    basis = "fitted on two CPU cores" if speed.measured else "a model, not measured"
    console.print(
        f"Left to do: about {_time(total_s)} on {'a GPU' if gpu else 'the CPU'} ({basis}), "
        f"{_bytes(memory)} of memory at most, {_bytes(disk)} of disk."
    )
    console.print(f"Downloads: {', '.join(plan.downloads) or 'none'}.")
    show_not_run(plan)


def _gpu_here() -> bool:
    import torch

    return torch.cuda.is_available()


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _bytes(count: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:.0f} B"
