"""Run a plan's tasks in order, keep going where one experiment fails, say what was not run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dmdrepro.cli.dry_run import show_plan
from dmdrepro.cli.guard import console, errors, fail, stoppable
from dmdrepro.cli.options import Request
from dmdrepro.cli.places import check_places
from dmdrepro.cli.plan import STAGES, Plan, Task, make_plan
from dmdrepro.cli.progress import ProgressDisplay
from dmdrepro.cli.side_by_side import jobs_of, run_side_by_side
from dmdrepro.cli.trouble import named
from dmdrepro.data.mnist_layout import MnistUnavailable
from dmdrepro.runs.errors import RunError, Stopped
from dmdrepro.training.engine import AUTO, Engine

NOT_ALL = 3  # the exit status of a command that did what it could, and that is not everything


def run_command(
    request: Request, stages: tuple[str, ...], engine: str = AUTO, jobs: int | None = 1
) -> Plan | None:
    """Plan, show and run the stages; None after a dry run.

    `engine`: how training steps are executed, of commands that train. `jobs`: how many processes
    run independent stages side by side; None: as many as pay.

    A failure of an experiment that was named ends the command; otherwise the others go on and
    the reason is kept in `plan.cannot`.
    """
    return run_plan(make_plan(request, stages), request, stages, engine, jobs)


def run_plan(
    plan: Plan,
    request: Request,
    stages: tuple[str, ...],
    engine: str = AUTO,
    jobs: int | None = 1,
) -> Plan | None:
    """The same for a plan that is made already."""
    execution = Engine.parse(engine)
    for remark in plan.remarks:
        console.print(f"Note: {remark}")
    if request.dry_run:
        show_plan(plan, request, stages)
        show_not_run(plan)
        return None
    import torch

    from dmdrepro.stages.context import Context
    from dmdrepro.training.device import select_device, unseen_gpu
    from dmdrepro.training.session import Session

    device = select_device(request.gpu)
    session = Session(
        device=device,
        progress=ProgressDisplay(console),
        engine=execution.on(device),
        say=console.print,
    )
    if request.gpu is None and (note := unseen_gpu()) is not None:
        console.print(f"Note: {note}")
    threads = torch.get_num_threads()
    jobs = jobs_of(jobs, plan, session.device, threads)
    check_places(plan, stages, request.fresh, jobs)
    context = Context(session, request.data, request.offline, console.print)
    _announce(plan, session.device)
    with stoppable(session):
        _fetch(plan, context, request)
        if request.fresh:
            _set_all_aside(plan, stages, context, request)
        if jobs > 1:
            run_side_by_side(
                plan, request, session, jobs, threads, lambda t, e: _failed(plan, request, t, e)
            )
        else:
            _run_in_order(plan, request, context)
    return plan


def _run_in_order(plan: Plan, request: Request, context) -> None:
    for task in plan.tasks:
        if task.run.experiment.name in plan.cannot:
            continue
        with _others_go_on(plan, request, task):
            make(task, context)
        if context.session.stop_requested:  # too late for the stage itself to see
            raise Stopped(f"Stopped after {task.stage} {task.label}")


@contextmanager
def _others_go_on(plan: Plan, request: Request, task: Task) -> Iterator[None]:
    """Keep one experiment's failure from the others, unless it was named."""
    try:
        yield
    except (RunError, MnistUnavailable) as error:
        _failed(plan, request, task, error)


def _failed(plan: Plan, request: Request, task: Task, error: Exception) -> None:
    name = task.run.experiment.name
    if name in request.names:
        raise error
    plan.cannot[name] = str(error)
    plan.failed.append(name)
    errors.print(f"{task.stage} {task.label} failed: {error}")


def _set_all_aside(plan: Plan, stages: tuple[str, ...], context, request: Request) -> None:
    """Move every stage of the command aside before any is made; of `all` the known answers too.

    So an interrupted command goes on without --fresh: no later stage still holds old results.
    A stage whose inputs, made by no task of this command, are not there stays where it is. A stop
    waits until all are aside: half of them would be such old results. A classifier is moved only
    where it cannot be used: other seeds and experiments were measured by it.
    """
    from dmdrepro.stages.known import known_stage

    context.session.in_loop = True
    for task in plan.tasks:
        if task.run.experiment.name in plan.cannot:
            continue
        if task.stage == "classifier":
            if task.state().reason:
                context.set_aside(task.open())
            continue
        if task.stage == stages[0]:
            try:
                task.check_inputs()
            except RunError:
                continue
        with _others_go_on(plan, request, task):
            context.set_aside(task.run.place(task.stage, task.snapshot))
    if stages == STAGES:
        context.set_aside(known_stage(plan.runs, plan.size, plan.seed))
    context.session.leave_loop()
    if context.session.stop_requested:
        raise Stopped("Stopped before the first stage")


def conclude(plan: Plan, unusable: Mapping[str, str] | None = None) -> None:
    """The last words of a command: what was not run, and the exit status.

    1 if something failed; else NOT_ALL if an experiment's data could not be had. An experiment
    that nobody can run here (imagenet64, without weights) does not count.
    `unusable`: experiment -> what is the matter with results that were read and cannot be shown.
    """
    unusable = unusable or {}
    show_not_run(plan)
    for name, words in unusable.items():
        if name not in plan.failed:
            errors.print(f"{name} {words}")
    failed = list(dict.fromkeys([*plan.failed, *unusable]))
    if failed:
        fail(f"{len(failed)} failed: {', '.join(failed)}.")
    if plan.lacking:
        fail(
            f"Finished, but without {', '.join(plan.lacking)}: MNIST could not be had (see above).",
            NOT_ALL,
        )


def make(task: Task, context) -> None:
    """One stage: made, gone on with, or seen to be done."""
    from dmdrepro.stages.classifier import make_classifier
    from dmdrepro.stages.distill import make_student
    from dmdrepro.stages.evaluate import make_evaluation
    from dmdrepro.stages.sample import make_samples
    from dmdrepro.stages.teacher import make_teacher

    makers = {"distill": make_student, "sample": make_samples, "evaluate": make_evaluation}
    with named(f"{task.stage} {task.label}"):
        if task.stage == "classifier":
            make_classifier(task.run, context)
        elif task.snapshot is None:
            make_teacher(task.run, context)
        else:
            makers[task.stage](task.run, task.snapshot, context)


def _fetch(plan: Plan, context, request: Request) -> None:
    """Download what is missing before hours of work depend on it."""
    if not plan.downloads:
        return
    try:
        for experiment in plan.experiments:
            if experiment.data.needs:
                context.dataset(experiment.data)
    except MnistUnavailable as error:
        for experiment in plan.experiments:
            if experiment.data.needs:
                plan.cannot[experiment.name] = str(error)
                plan.lacking.append(experiment.name)
                if experiment.name in request.names:
                    fail(f"{experiment.name} cannot run: {error}")


def _announce(plan: Plan, device) -> None:
    running = [e.name for e in plan.experiments if e.name not in plan.cannot]
    size = plan.size if plan.size == "paper" else f"{plan.size} (reduced)"
    console.print(
        f"Size {size}, seed {plan.seed}, device {device}, runs in {plan.runs}: "
        f"{', '.join(running) or 'nothing'}",
    )
    show_not_run(plan)


def show_not_run(plan: Plan) -> None:
    for name, reason in plan.cannot.items():
        console.print(f"not run: {name}: {reason}")
