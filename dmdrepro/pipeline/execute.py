"""A plan executed: data fetched, old results set aside, every chain made."""

from collections.abc import Callable

from dmdrepro.data.mnist_layout import MnistUnavailable
from dmdrepro.pipeline.chains import make_chains
from dmdrepro.pipeline.cost import Forecast
from dmdrepro.pipeline.devices import Devices
from dmdrepro.pipeline.here import Here
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.processes import Processes
from dmdrepro.pipeline.task import STAGES, Task
from dmdrepro.runs.errors import RunError, Stopped


def execute(plan: Plan, context, jobs: int, threads: int, complain: Callable[[str], None]) -> None:
    """Make all tasks in `jobs` processes that share `threads`; 1: in this process.

    `context`: of dmdrepro.stages. A failure of an experiment that was named, at one seed or in a
    study, is raised; otherwise the others go on, the reason is kept in `plan.cannot`, and
    `complain` is told. Raises Stopped.
    """

    def failed(task: Task, error: Exception) -> None:
        experiment = task.run.experiment
        if experiment.name in plan.request.names and (plan.study or len(plan.seeds) == 1):
            raise error
        name = plan.named(experiment)
        plan.cannot[name] = str(error)
        plan.failed.append(name)
        complain(f"failed: {task.about(error)}")

    if plan.stages == ("evaluate",):
        _refuse_without_samples(plan, failed)
    prepare(plan, context, failed)
    if not plan.part:
        context.session.progress.expect(Forecast(plan))
    executor, devices, ranks = Here(context), plan.request.devices, plan.request.ranks
    if devices:
        executor = Devices(plan, context, devices, threads, complain)
        words = f"{len(devices)} GPUs, a process each"
        if ranks > 1:
            words = f"Trainings side by side: {len(devices)}, by {ranks} processes each"
        context.say(
            f"{words}, and one more each for the optimal pairings, threads each: {executor.threads}"
        )
    elif jobs > 1:
        executor = Processes(plan, context, jobs, threads, complain)
        context.say(f"{jobs} processes side by side, threads each: {executor.threads}")
    try:
        make_chains(plan, executor, context.session, failed)
    finally:
        executor.close()
        context.session.leave_loop()


def _refuse_without_samples(plan: Plan, failed: Callable[[Task, Exception], None]) -> None:
    """Leave out experiments without any samples before a classifier is trained for them."""
    lacking: dict[str, tuple[Task, RunError] | None] = {}  # by `named`; None: some are there
    for task in plan.tasks:
        if task.stage == "evaluate":
            name = plan.named(task.run.experiment)
            try:
                task.check_inputs()
                lacking[name] = None
            except RunError as error:
                lacking.setdefault(name, (task, error))
    for found in filter(None, lacking.values()):
        failed(*found)


def prepare(plan: Plan, context, failed: Callable[[Task, Exception], None]) -> None:
    """What comes before the first chain: the data downloaded, old results set aside."""
    _fetch(plan, context)
    if plan.request.fresh:
        _set_all_aside(plan, context, failed)


def _fetch(plan: Plan, context) -> None:
    """Download what is missing before hours of work depend on it."""
    if not plan.downloads:
        return
    needing = [experiment for experiment in plan.experiments if experiment.data.needs]
    try:
        for experiment in needing:
            context.dataset(experiment.data)
    except MnistUnavailable as error:
        for experiment in needing:
            plan.cannot[experiment.name] = str(error)
            plan.lacking.append(experiment.name)
            if experiment.name in plan.request.names:
                raise RunError(f"{experiment.name} cannot run: {error}") from None


def _set_all_aside(plan: Plan, context, failed: Callable[[Task, Exception], None]) -> None:
    """Move every stage of the command aside before any is made; of `all` the known answers too.

    Then an interrupted command resumes without --fresh, because no stage holds old results. So a
    stop request waits until every stage has been moved. A stage stays if its inputs are missing
    and no task of this command makes them. A classifier is moved only if it cannot be used,
    because it scored other seeds and experiments too.
    """
    from dmdrepro.stages.known_answers import known_stage

    context.session.in_loop = True
    for task in plan.tasks:
        if plan.leaves_out(task.run.experiment):
            continue
        if task.stage == "classifier":
            if task.state().reason:
                context.set_aside(task.open())
            continue
        if task.stage == plan.stages[0]:
            try:
                task.check_inputs()
            except RunError:
                continue
        try:
            context.set_aside(task.place())
        except RunError as error:
            failed(task, error)
    if plan.stages == STAGES:
        for seed in plan.seeds:
            context.set_aside(known_stage(plan.runs, plan.size, seed))
    context.session.leave_loop()
    if context.session.stop_requested:
        raise Stopped("Stopped before the first stage")
