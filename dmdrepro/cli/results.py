"""Figures and tables of what has been evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dmdrepro.cli.guard import console
from dmdrepro.cli.plan import Plan
from dmdrepro.experiments import REGISTRY
from dmdrepro.runs.results import Missing, Result, open_results


def folder(plan: Plan, name: str) -> Path:
    """Where a size's and seed's figures or tables lie."""
    return plan.runs / plan.size / f"seed{plan.seed}" / name


def draw_figures(plan: Plan) -> dict[str, str]:
    """Draw the figures that read one of the plan's experiments; each run's lack is in its panel.

    Returns experiment -> sentence of those that were read and are damaged.
    """
    import paper_figures

    results = open_results(plan.runs, plan.size, plan.seed, REGISTRY)
    names = {experiment.name for experiment in plan.experiments}
    only = [n for n, figure in paper_figures.FIGURES.items() if names & set(figure.EXPERIMENTS)]
    target = folder(plan, "figures")
    paths = paper_figures.save_all(results, target, only=only)
    console.print(f"Figures: {len(paths)} files in {target}", markup=False)
    read = {name for n in only for name in paper_figures.FIGURES[n].EXPERIMENTS}
    return _damaged(plan, [results[name] for name in REGISTRY if name in read])


def _damaged(plan: Plan, results: Iterable[Result | Missing]) -> dict[str, str]:
    found = {}
    for result in results:
        if isinstance(result, Missing) and result.damage:
            seed = "" if result.seed == plan.seed else f" (seed {result.seed})"
            found[result.experiment + seed] = result.damage
    return found


def show_figures_plan(plan: Plan) -> None:
    """What `figures` would draw, and what each lacks."""
    import paper_figures

    results = open_results(plan.runs, plan.size, plan.seed, REGISTRY)
    for number, figure in paper_figures.FIGURES.items():
        lacks = [name for name in figure.EXPERIMENTS if hasattr(results[name], "reason")]
        state = f"without {', '.join(lacks)}" if lacks else "complete"
        console.print(f"Figure {number}: {state}", markup=False)


def print_tables(plan: Plan) -> dict[str, str]:
    """Print the paper's tables beside ours and write them as Markdown, CSV and JSON.

    Returns experiment -> sentence of those that were read and are damaged.
    """
    from dmdrepro.report import all_seeds, render_terminal, tables_of, write_tables

    results = all_seeds(plan.runs, plan.size, plan.seed)
    tables = tables_of(results, plan.size, not_run=plan.cannot)
    for table in tables:
        console.print(render_terminal(table))
    target = folder(plan, "tables")
    write_tables(tables, target)
    console.print(f"Tables: {target}", markup=False)
    return _damaged(plan, [result for seeds in results.values() for result in seeds])
