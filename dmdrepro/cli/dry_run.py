"""The dry run: each stage with its state and what is left of its estimated cost."""

from collections.abc import Sequence

from rich.table import Table

from dmdrepro.cli.guard import console
from dmdrepro.cli.results import show_figures_plan
from dmdrepro.pipeline.cost import LONG_S, bytes_words, cost_of, time_words
from dmdrepro.pipeline.places import free_space
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.task import STAGES
from dmdrepro.runs.layout import PAGE, known_folder

WIDE, MEDIUM = 100, 80  # columns of the terminal: below, the plan leaves out numbers, then costs


def show_plan(plan: Plan) -> None:
    """Print the stages in order, what is left to do, downloads, figures and tables."""
    total, grid = cost_of(plan), _grid(plan)
    several = len(plan.seeds) > 1
    for number, (task, state, cost) in enumerate(total.rows, 1):
        seed = ["-" if task.stage == "classifier" else str(task.run.experiment.seed)]
        costs = time_words(cost.seconds), bytes_words(cost.memory), bytes_words(cost.disk)
        row = (str(number), *seed[:several], task.stage, task.label, state.words, *costs)
        grid.add_row(*row[0 if console.width >= WIDE else 1 :][: len(grid.columns)])
    console.print(grid)
    for words in total.refused:
        console.print(f"refused: {words}")
    device, order = "a GPU" if total.gpu else "one CPU core", "one stage after the other"
    if total.devices > 1:
        device, order = f"{total.devices} GPUs", "independent stages side by side"
    if (ranks := plan.request.ranks) > 1:
        kind = "GPUs" if total.gpu else "CPU cores"
        device = f"{total.devices * ranks} {kind}, {ranks} for each training"
    measured = total.measured and plan.request.ranks == 1
    basis = "a model fitted to published runs" if measured else "a model, not measured"
    if (known := total.doctors) is not None:
        device = device if total.gpu else f"this CPU (threads: {known.threads})"
        basis = f"training measured by doctor on {known.date}, the rest {basis}"
    console.print(
        f"Left to do: about {time_words(total.seconds)} on {device}, {order} ({basis}), "
        f"{bytes_words(total.memory)} of memory at most{' in each' if ranks > 1 else ''}, "
        f"{bytes_words(total.disk)} of disk"
        f"{'; without what is refused.' if total.refused else '.'}"
    )
    if total.seconds >= LONG_S:
        console.print(
            f"Warning: {time_words(total.seconds)} is long; a smaller --size, fewer experiments or "
            "a GPU take less. An interrupted run resumes."
        )
    place, free = free_space(plan.runs)
    console.print(
        f"Disk: {bytes_words(total.disk)}, and at most {bytes_words(total.states)} more while a "
        f"stage is made; {bytes_words(free)} are free in {place}"
        f"{'.' if total.disk + total.states <= free else ': too little, so it will be refused.'}"
    )
    console.print(f"Downloads: {', '.join(plan.downloads) or 'none'}.")
    if not plan.part:
        _show_results(plan)


def _show_results(plan: Plan) -> None:
    if plan.study:
        place = plan.runs / plan.size / f"study-{plan.study}"
        console.print(f"Tables and figure: into {place}")
    if plan.stages == STAGES and not plan.study:
        show_figures_plan(plan, finished=True)
    for mine in map(plan.of, plan.seeds):
        if plan.stages == STAGES and not plan.study:
            console.print(f"Known answers: into {known_folder(plan.runs, plan.size, mine.seed)}")
        if "evaluate" in plan.stages:
            if not plan.study:
                console.print(f"Tables: into {mine.folder('tables')}")
            console.print(f"Report: {mine.folder(PAGE)}")


def seeds_words(seeds: Sequence[int]) -> str:
    """`seed 0`, or `seeds 0, 1, 2`."""
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"


def _grid(plan: Plan) -> Table:
    grid = Table(title=f"Plan: size {plan.size}, {seeds_words(plan.seeds)}, runs in {plan.runs}")
    if console.width >= WIDE:
        grid.add_column("#", justify="right")
    if len(plan.seeds) > 1:
        grid.add_column("seed", justify="right")
    grid.add_column("stage", no_wrap=True)
    longest = max((len(task.label) for task in plan.tasks), default=0)  # names are not broken
    grid.add_column("experiment (teacher iterations)", overflow="fold", min_width=longest)
    grid.add_column("state", overflow="fold")
    for name in ("time", "memory", "disk") if console.width >= MEDIUM else ("time",):
        grid.add_column(name, justify="right", no_wrap=True)
    return grid
