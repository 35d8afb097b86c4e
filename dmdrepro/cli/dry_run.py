"""The dry run: each stage with its state and what is left of its estimated cost."""

from __future__ import annotations

from dataclasses import replace

from rich.table import Table

from dmdrepro.cli.guard import console
from dmdrepro.pipeline.cost import bytes_words, cost_of, time_words
from dmdrepro.pipeline.places import free_space
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.task import STAGES
from dmdrepro.runs.layout import PAGE, known_folder

WIDE, MEDIUM = 100, 80  # columns of the terminal: below, the plan leaves out numbers, then costs


def show_plan(plan: Plan) -> None:
    """Print the stages in order, what is left to do, downloads, figures and tables."""
    total, grid = cost_of(plan), _grid(plan)
    for number, (task, state, cost) in enumerate(total.rows, 1):
        costs = time_words(cost.seconds), bytes_words(cost.memory), bytes_words(cost.disk)
        row = (str(number), task.stage, task.label, state.words, *costs)
        grid.add_row(*row[0 if console.width >= WIDE else 1 :][: len(grid.columns)])
    console.print(grid)
    for words in total.refused:
        console.print(f"refused: {words}")
    device = "a GPU" if total.gpu else "one CPU core"
    basis = "fitted to published runs" if total.measured else "a model, not measured"
    console.print(
        f"Left to do: about {time_words(total.seconds)} on {device}, one stage after the other "
        f"({basis}), "
        f"{bytes_words(total.memory)} of memory at most, {bytes_words(total.disk)} of disk"
        f"{'; without what is refused.' if total.refused else '.'}"
    )
    place, free = free_space(plan.runs)
    console.print(
        f"Disk: {bytes_words(total.disk)} stay, and {bytes_words(total.states)} more at most for "
        f"saved states while a stage is made; {bytes_words(free)} are free in {place}"
        f"{'.' if total.disk + total.states <= free else ': too little, so it will be refused.'}"
    )
    console.print(f"Downloads: {', '.join(plan.downloads) or 'none'}.")
    if not plan.part:
        _show_results(plan)


def _show_results(plan: Plan) -> None:
    from dmdrepro.cli.results import show_figures_plan

    if plan.study:
        place = plan.runs / plan.size / f"study-{plan.study}"
        console.print(f"Tables and figure: into {place}")
        for seed in plan.seeds:
            console.print(f"Report: {replace(plan, seed=seed).folder(PAGE)}")
        return
    if plan.stages == STAGES:
        show_figures_plan(plan, finished=True)
        console.print(f"Known answers: into {known_folder(plan.runs, plan.size, plan.seed)}")
    if "evaluate" in plan.stages:
        console.print(f"Tables: into {plan.folder('tables')}")
        console.print(f"Report: {plan.folder(PAGE)}")


def _grid(plan: Plan) -> Table:
    grid = Table(title=f"Plan: size {plan.size}, seed {plan.seed}, runs in {plan.runs}")
    if console.width >= WIDE:
        grid.add_column("#", justify="right")
    grid.add_column("stage", no_wrap=True)
    longest = max((len(task.label) for task in plan.tasks), default=0)  # names are not broken
    grid.add_column("experiment (teacher iterations)", overflow="fold", min_width=longest)
    grid.add_column("state", overflow="fold")
    for name in ("time", "memory", "disk") if console.width >= MEDIUM else ("time",):
        grid.add_column(name, justify="right", no_wrap=True)
    return grid
