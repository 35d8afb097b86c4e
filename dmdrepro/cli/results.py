"""Figures and tables of what has been evaluated."""

from __future__ import annotations

from pathlib import Path

from dmdrepro.cli.guard import console
from dmdrepro.cli.plan import Plan
from dmdrepro.experiments import REGISTRY
from dmdrepro.runs.results import Missing, Result, open_results


def folder(plan: Plan, name: str) -> Path:
    """Where a size's and seed's figures or tables lie."""
    return plan.runs / plan.size / f"seed{plan.seed}" / name


def chosen_figures(plan: Plan) -> list[int]:
    """The figures that read one of the plan's experiments."""
    import paper_figures

    names = {experiment.name for experiment in plan.experiments}
    return [n for n, figure in paper_figures.FIGURES.items() if names & set(figure.EXPERIMENTS)]


def draw_figures(plan: Plan) -> None:
    """Draw the figures that read one of the plan's experiments; each run's lack is in its panel."""
    import paper_figures

    results = open_results(plan.runs, plan.size, plan.seed, REGISTRY)
    target = folder(plan, "figures")
    paths = paper_figures.save_all(results, target, only=chosen_figures(plan))
    console.print(f"Figures: {len(paths)} files in {target}")


def show_figures_plan(plan: Plan, *, finished: bool = False) -> None:
    """Which figures would be drawn, and where; what each lacks, unless all stages run before."""
    import paper_figures

    numbers = chosen_figures(plan)
    words = ", ".join(map(str, numbers)) or "none"
    console.print(f"Figures: {words}, into {folder(plan, 'figures')}")
    if finished:
        return
    results = open_results(plan.runs, plan.size, plan.seed, REGISTRY)
    for number in numbers:
        lacks = [lack(results[name]) for name in paper_figures.FIGURES[number].EXPERIMENTS]
        lacks = [words for words in lacks if words]
        console.print(f"Figure {number}: {'; '.join(lacks) or 'complete'}")


def lack(result: Result | Missing) -> str:
    """What is missing of an experiment's planned students; empty for nothing."""
    if isinstance(result, Missing):
        return f"without {result.experiment}"
    planned = result.config.get("teacher", {}).get("snapshots", ())
    absent = sorted({*planned} - {*result.snapshots})
    if not absent:
        return ""
    teachers = ", ".join(f"{snapshot:,}" for snapshot in absent)
    return f"without {result.experiment}'s students of the teacher at {teachers} iterations"


# What a reader looks for: the last lines of a terminal. The files keep the report's order.
PRINTED_LAST = ("paper_and_ours", "not_run")


def print_tables(plan: Plan) -> None:
    """Print the paper's tables beside ours and write them as Markdown, CSV and JSON."""
    from dmdrepro.report import build_tables, render_terminal, write_tables

    tables = build_tables(plan.runs, plan.size, plan.seed, not_run=plan.cannot)
    target = folder(plan, "tables")
    before = [table for table in reversed(tables) if table.name not in PRINTED_LAST]
    last = [table for table in tables if table.name in PRINTED_LAST]
    for table in before + last:
        console.print(render_terminal(table, target))
    write_tables(tables, target)
    console.print(f"Tables: {target}")
