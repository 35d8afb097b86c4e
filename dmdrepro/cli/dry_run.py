"""The dry run: each stage with its state and what is left of its estimated cost."""

from __future__ import annotations

from dataclasses import replace

from rich.table import Table

from dmdrepro.cli.guard import console
from dmdrepro.cli.options import Request
from dmdrepro.cli.plan import STAGES, Plan, State

WIDE, MEDIUM = 100, 80  # columns of the terminal: below, the plan leaves out numbers, then costs


def show_plan(plan: Plan, request: Request, stages: tuple[str, ...]) -> None:
    """Print the stages in order, what is left to do, downloads, figures and tables."""
    from dmdrepro.cli.places import free_space
    from dmdrepro.cli.results import PAGE, folder, show_figures_plan
    from dmdrepro.experiments.estimate import CPU, GPU, estimate

    gpu = request.gpu != "cpu" and (request.gpu is not None or _gpu_here())
    grid = _grid(plan)
    total_s = disk = memory = states = 0.0
    refused = []
    for number, task in enumerate(plan.tasks, 1):
        cost = estimate(task.run.experiment, task.stage, gpu=gpu)
        state = task.state()
        # A sound classifier stays: other seeds and experiments were measured by it.
        if request.fresh and (task.stage != "classifier" or state.reason):
            state = State("to do (--fresh)", 1.0)
        if state.left:
            total_s, disk = total_s + state.left * cost.seconds, disk + cost.disk
            memory, states = max(memory, cost.memory), max(states, cost.states)
        if state.reason:
            refused.append(f"refused: {task.stage} {task.label}: {state.reason}")
        costs = _time(cost.seconds), bytes_words(cost.memory), bytes_words(cost.disk)
        _add_row(grid, str(number), task.stage, task.label, state.words, *costs)
    console.print(grid)
    for line in refused:
        console.print(line)
    speed = GPU if gpu else CPU
    basis = "fitted to published runs" if speed.measured else "a model, not measured"
    console.print(
        f"Left to do: about {_time(total_s)} on {'a GPU' if gpu else 'one CPU core'}, one stage "
        f"after the other ({basis}), {bytes_words(memory)} of memory at most, "
        f"{bytes_words(disk)} of disk{'; without what is refused.' if refused else '.'}"
    )
    place, free = free_space(plan.runs)
    console.print(
        f"Disk: {bytes_words(disk)} stay, and {bytes_words(states)} more at most for saved states "
        f"while a stage is made; {bytes_words(free)} are free in {place}"
        f"{'.' if disk + states <= free else ': too little, so the command will refuse.'}"
    )
    console.print(f"Downloads: {', '.join(plan.downloads) or 'none'}.")
    if plan.study:
        place = plan.runs / plan.size / f"study-{plan.study}"
        console.print(f"Tables and figure: into {place}")
        for seed in dict.fromkeys(task.run.experiment.seed for task in plan.tasks):
            console.print(f"Report: {folder(replace(plan, seed=seed), PAGE)}")
        return
    if stages == STAGES:
        from dmdrepro.runs.known import known_folder

        show_figures_plan(plan, finished=True)
        console.print(f"Known answers: into {known_folder(plan.runs, plan.size, plan.seed)}")
    if "evaluate" in stages:
        console.print(f"Tables: into {folder(plan, 'tables')}")
        console.print(f"Report: {folder(plan, PAGE)}")


def _grid(plan: Plan) -> Table:
    grid = Table(title=f"Plan: size {plan.size}, seed {plan.seed}, runs in {plan.runs}")
    if console.width >= WIDE:
        grid.add_column("#", justify="right")
    grid.add_column("stage", no_wrap=True)
    grid.add_column("experiment (teacher iterations)", overflow="fold", min_width=_longest(plan))
    grid.add_column("state", overflow="fold")
    costs = ("time", "memory", "disk") if console.width >= MEDIUM else ("time",)
    for name in costs:
        grid.add_column(name, justify="right", no_wrap=True)
    return grid


def _add_row(grid: Table, number: str, *cells: str) -> None:
    row = [number, *cells] if console.width >= WIDE else list(cells)
    grid.add_row(*row[: len(grid.columns)])


def _longest(plan: Plan) -> int:
    """Characters of the longest name: names are not broken."""
    return max((len(task.label) for task in plan.tasks), default=0)


def _gpu_here() -> bool:
    import torch

    return torch.cuda.is_available()


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def bytes_words(count: float) -> str:
    """`1.5 GB`."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.{0 if count >= 100 * size else 1}f} {unit}"
    return f"{count:.0f} B"
