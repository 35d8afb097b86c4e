"""A command's stages: planned, shown, executed; what was not run, and the exit status."""

import contextlib
import select
import threading
from collections.abc import Iterator, Mapping
from functools import partial

from dmdrepro.cli.dry_run import seeds_words, show_plan
from dmdrepro.cli.guard import console, display, errors, fail, how_to_go_on, stoppable
from dmdrepro.cli.progress import Report
from dmdrepro.cli.slurm import slurm_options, submit_plan
from dmdrepro.experiments import size_words
from dmdrepro.pipeline.plan import Plan, make_plan
from dmdrepro.pipeline.request import Request
from dmdrepro.training.engine import Engine

LOOK_S = 0.2  # between looks whether the work is over
NOT_ALL = 3  # the exit status of a command that did what it could, and that is not everything


def run_command(request: Request, stages: tuple[str, ...]) -> Plan | None:
    """Plan, show and run the stages; None after a dry run."""
    return run_plan(make_plan(request, stages))


def run_plan(plan: Plan) -> Plan | None:
    """Show and run a plan; None after a dry run."""
    request = plan.request
    engine = Engine.parse(request.engine)
    if engine.compiled and request.ranks > 1:
        fail("--engine compiled is not for several processes of one training; leave compiled out.")
    for remark in plan.remarks:
        console.print(f"Note: {remark}")
    slurm = slurm_options(request) if request.slurm else None
    if request.dry_run:
        show_plan(plan)
        show_not_run(plan)
    if slurm is not None:
        submit_plan(plan, slurm)
    if request.dry_run or request.slurm:
        return None
    import torch

    from dmdrepro.cli.results import say_answer
    from dmdrepro.pipeline.execute import execute
    from dmdrepro.pipeline.places import check_places
    from dmdrepro.pipeline.processes import jobs_of, own_experiments
    from dmdrepro.stages.context import Context
    from dmdrepro.training.device import check_gpu, select_device, unseen_gpu
    from dmdrepro.training.ranks import Ranks
    from dmdrepro.training.session import Session

    if request.threads is not None:
        torch.set_num_threads(request.threads)
    devices, numbers = request.devices, []
    if devices:  # each process selects its own
        numbers = [check_gpu(number) for number in ",".join(devices).split(",")]
        device = torch.device("cpu" if numbers == ["cpu"] else f"cuda:{numbers[0]}")
    else:
        device = select_device(request.own_gpu)
    session = Session(
        device=device,
        progress=display.own if request.lifeline is None else Report(request.lifeline),
        engine=engine.on(device),
        say=console.print,
        log=request.log,
        ranks=Ranks.here(),
    )
    if request.gpu is None and (note := unseen_gpu()) is not None:
        console.print(f"Note: {note}")
    threads = torch.get_num_threads()
    jobs = 2 * len(devices) if devices else jobs_of(plan, device, threads)
    if (request.jobs or 1) > 1 and (own := own_experiments(plan)):
        console.print(f"Note: one process alone, since {', '.join(own)} is of your own program.")
    check_places(plan, jobs)
    context = Context(session, request.data, request.offline, console.print)
    if request.lifeline is not None:
        from dmdrepro.metrics.memory import share_memory

        share_memory(request.sharers)
        context.answered = session.progress.answer
    elif not plan.part and sum(task.stage == "evaluate" for task in plan.tasks) > 1:
        context.answered = partial(say_answer, plan)
    if not plan.part:
        _announce(plan, f"device {device}" if len(numbers) < 2 else f"GPUs {', '.join(numbers)}")
    then = how_to_go_on(request.fresh)
    with stoppable(session, then), _held(request.lifeline, session):
        session.ranks.said(True)  # they begin too
        execute(plan, context, jobs, threads, errors.print)
    return plan


@contextlib.contextmanager
def _held(lifeline: int | None, session) -> Iterator[None]:
    """Save and stop when its other end is closed: by the command that waits, or by its death."""
    over = threading.Event()

    def wait() -> None:
        while not over.is_set():
            if select.select([lifeline], [], [], LOOK_S)[0]:  # nothing is ever written
                session.stop_requested = True
                return

    if lifeline is not None:
        threading.Thread(target=wait, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def conclude(plan: Plan, unusable: Mapping[str, str] | None = None) -> None:
    """The last words of a command: what cannot be shown, and the exit status.

    1 if something failed; else NOT_ALL if an experiment's data could not be had. An experiment
    that nobody can run here (imagenet64, without weights) does not count.
    `unusable`: experiment -> what is the matter with results that were read and cannot be shown.
    """
    unusable = unusable or {}
    for name, words in unusable.items():
        if name not in plan.failed:
            errors.print(f"{name} {words}")
    failed = list(dict.fromkeys([*plan.failed, *unusable]))
    if failed:
        fail(f"{len(failed)} failed: {', '.join(failed)}.")
    if plan.lacking:
        needed = {e.data.needs: None for e in plan.experiments if e.name in plan.lacking}
        fail(
            f"Finished, but without {', '.join(plan.lacking)}: {', '.join(needed)} could not be "
            "had (see above).",
            NOT_ALL,
        )


def _announce(plan: Plan, device: str) -> None:
    running = [e.name for e in plan.experiments if e.name not in plan.cannot]
    console.print(
        f"Size {size_words(plan.size)}, {seeds_words(plan.seeds)}, {device}, "
        f"runs in {plan.runs}: {', '.join(running) or 'nothing'}"
    )
    show_not_run(plan)


def show_not_run(plan: Plan) -> None:
    for name, reason in plan.cannot.items():
        console.print(f"not run: {name}: {reason}")
