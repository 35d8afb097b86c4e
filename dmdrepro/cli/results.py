"""Figures, tables and the page of what has been evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dmdrepro.cli.guard import console, display
from dmdrepro.commands import advice, program
from dmdrepro.experiments import REGISTRY
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.task import Task
from dmdrepro.runs.layout import PAGE
from dmdrepro.runs.links import refuse_links
from dmdrepro.runs.results import Missing, Result, open_known, open_results

if TYPE_CHECKING:
    from dmdrepro.measures.students import Student
    from dmdrepro.report import Picture, Table


def chosen_figures(plan: Plan) -> list[int]:
    """The figures that read one of the plan's experiments."""
    from dmdrepro import paper_figures

    names = {experiment.name for experiment in plan.experiments}
    return [n for n, figure in paper_figures.FIGURES.items() if names & set(figure.EXPERIMENTS)]


def draw_figures(plan: Plan) -> dict[str, str]:
    """Draw the figures that read one of the plan's experiments; each run's lack is in its panel.

    Returns what of the results that were read cannot be shown, as `_unusable`.
    """
    from dmdrepro import paper_figures
    from dmdrepro.measures import evaluation
    from dmdrepro.measures.students import collect
    from dmdrepro.pipeline.places import ready
    from dmdrepro.report.figures import save_measures

    results = open_results(plan.runs, plan.size, plan.seed, REGISTRY, advice, evaluation())
    target = ready(plan.folder("figures"), plan.runs)
    only = chosen_figures(plan)
    with display.at("figures", len(only)) as row:
        paths = paper_figures.save_all(results, target, only, row.update)
        students = collect({name: [result] for name, result in results.items()})
        paths += save_measures(students, target)
    console.print(f"Figures: {len(paths)} files in {target}")
    read = {name for n in only for name in paper_figures.FIGURES[n].EXPERIMENTS}
    return _unusable(plan, [results[name] for name in REGISTRY if name in read])


def _unusable(plan: Plan, results: Iterable[Result | Missing]) -> dict[str, str]:
    """`NAME (seed k)` -> "is damaged: ..." or, of the plan's own, "is stale: ..."."""
    own = {experiment.name for experiment in plan.experiments}
    found = {}
    for result in results:
        if not isinstance(result, Missing):
            continue
        mine = result.seed == plan.seed
        name = result.experiment if mine else f"{result.experiment} (seed {result.seed})"
        if result.damage:
            found[name] = f"is damaged: {result.damage}"
        elif result.stale and mine and result.experiment in own:
            found[name] = f"is stale: {result.stale}"
    return found


def show_figures_plan(plan: Plan, *, finished: bool = False) -> None:
    """Which figures would be drawn, and where; what each lacks, unless all stages run before."""
    from dmdrepro import paper_figures
    from dmdrepro.report.figures import measure_figures

    numbers = chosen_figures(plan)
    words = ", ".join([*map(str, numbers), *measure_figures()])
    console.print(f"Figures: {words}, into {plan.folder('figures')}")
    if finished:
        return
    results = open_results(plan.runs, plan.size, plan.seed, REGISTRY, advice)
    for number in numbers:
        lacks = [lack(results[name]) for name in paper_figures.FIGURES[number].EXPERIMENTS]
        lacks = [words for words in lacks if words]
        console.print(f"Figure {number}: {'; '.join(lacks) or 'complete'}")


def lack(result: Result | Missing) -> str:
    """What is missing of an experiment's planned students; empty for nothing."""
    if isinstance(result, Missing):
        return f"without {result.experiment}"
    planned = result.config.get("teacher", {}).get("snapshots", ())
    absent = sorted({*planned, *result.diverged} - {*result.snapshots})
    if not absent:
        return ""
    teachers = ", ".join(
        f"{snapshot:,}{' (diverged)' if snapshot in result.diverged else ''}" for snapshot in absent
    )
    return f"without {result.experiment}'s students of the teacher at {teachers} iterations"


# What a reader of all tables looks for stands last. The files keep the report's order.
PRINTED_LAST = ("paper_and_ours", "not_run")


def show_results(plan: Plan, every_table: bool = False) -> dict[str, str]:
    """Print the answer, of the experiments named or of all; write the tables and the page.

    `every_table`: print all tables before it. They are written as Markdown, CSV and JSON. Returns
    what of the results that were read cannot be shown, as `_unusable`.
    """
    from dmdrepro.measures.students import collect
    from dmdrepro.pipeline.places import ready
    from dmdrepro.report import all_seeds, render_terminal, tables_of, write_tables

    results = all_seeds(plan.runs, plan.size, plan.seed)
    tables = tables_of(results, plan.size, not_run=plan.cannot)
    target = ready(plan.folder("tables"), plan.runs)
    if every_table:
        before = [table for table in reversed(tables) if table.name not in PRINTED_LAST]
        for table in before + [table for table in tables if table.name in PRINTED_LAST]:
            console.print(render_terminal(table, target))
    write_tables(tables, target)
    unusable = _unusable(plan, [result for seeds in results.values() for result in seeds])
    unusable |= write_page(plan, results, tables)
    named = [experiment.name for experiment in plan.experiments]
    only = plan.request.snapshot
    shown = [s for s in collect(results) if s.experiment in named and only in (None, s.snapshot)]
    print_answer(shown, whole=len(named) == len(REGISTRY))
    for name in named:
        if isinstance(first := results[name][0], Result):
            for snapshot, words in first.diverged.items():
                console.print(f"{name} (teacher {snapshot:,}): diverged, left out: {words}.")
    if not every_table:
        console.print(f"All numbers: {target / 'tables.md'}, or `--tables`.")
    console.print(f"Report: {plan.folder(PAGE)}")
    words = " ".join(named) if len(named) < len(REGISTRY) else ""
    again = " ".join(filter(None, (program(), "all", words, f"--size {plan.size}")))
    console.print(f"Another seed: {again} --seed {plan.seed + 1}")
    return unusable


def say_answer(task: Task, seeds: Sequence[int]) -> None:
    """The sentence of a student that was measured, of its own seed alone, which is one of `seeds`.

    None of one that diverged.
    """
    from dmdrepro.measures import evaluation
    from dmdrepro.measures.students import Student
    from dmdrepro.report.answer import answer

    run, experiment = task.run, task.run.experiment
    name = run.name if run.arm is None else run.arm.name
    teacher = run.place("teacher").folder.parent
    where = run.folder, name, experiment.size, experiment.seed
    result = Result(*where, teacher=teacher, shape=evaluation())
    if task.snapshot in result.snapshots:
        words = answer(Student(name, task.snapshot, (result,))).sentence
        console.print(f"Seed {experiment.seed}: {words}" if len(seeds) > 1 else words)


def print_answer(students: Sequence[Student], whole: bool, sentences: bool = True) -> None:
    """The paper's numbers beside ours, then one sentence for each experiment.

    `whole`: all experiments were asked for, so what was not run is named.
    """
    from dmdrepro.report import render_terminal
    from dmdrepro.report.answer import answer_table, answers

    if not students:
        console.print("No student that can be shown has been evaluated.")
        return
    console.print(render_terminal(answer_table(students, whole)))
    for found in answers(students) if sentences else ():
        console.print(found.sentence, highlight=False, markup=False)


def refresh_page(plan: Plan) -> dict[str, str]:
    """The page alone, when figures were drawn or a study was made; as `write_page`."""
    from dmdrepro.report import all_seeds, tables_of

    results = all_seeds(plan.runs, plan.size, plan.seed)
    unusable = write_page(plan, results, tables_of(results, plan.size, not_run=plan.cannot))
    console.print(f"Report: {plan.folder(PAGE)}")
    return unusable


def write_page(
    plan: Plan, results: Mapping[str, Sequence[Result | Missing]], tables: Sequence[Table]
) -> dict[str, str]:
    """Everything as one HTML page, with the figures that were drawn from these results.

    The studies that the plan's seed has results of and the known answers are opened here, for
    only the page reads them; returns what cannot be shown, as `_unusable`.
    """
    from dmdrepro.pipeline.places import ready
    from dmdrepro.report import open_studies, report_page
    from dmdrepro.report.study import damaged_arms
    from dmdrepro.runs.files import write_bytes

    target = ready(plan.folder(PAGE), plan.runs)
    refuse_links(plan.folder("figures"), plan.runs)  # whose pictures the page embeds
    command = f"{program()} known --size {plan.size} --seed {plan.seed}"
    known = open_known(plan.runs, plan.size, plan.seed, command)
    pictures = _pictures(plan, {name: first for name, (first, *_) in results.items()})
    studies = open_studies(plan.runs, plan.size, plan.seed)
    page = report_page(results, tables, pictures, plan.size, plan.seed, studies, known)
    write_bytes(target, page)
    arms = {arm: words for each in studies for arm, words in damaged_arms(each.arms).items()}
    return arms | (_unusable(plan, [known]) if isinstance(known, Missing) else {})


def _pictures(plan: Plan, results: Mapping[str, Result | Missing]) -> list[Picture]:
    from dmdrepro import paper_figures
    from dmdrepro.report import Picture

    again = f"{program()} figures --size {plan.size} --seed {plan.seed} draws it"
    pictures = []
    for number, module in paper_figures.FIGURES.items():
        png, reason = None, ""
        try:
            png = paper_figures.kept_png(module, results, plan.folder("figures"))
        except paper_figures.Unavailable as error:
            reason = f"{error}; {again}"
        caption = paper_figures.caption(module, results)
        pictures.append(Picture(number, caption, module.EXPERIMENTS, png, reason))
    return pictures
