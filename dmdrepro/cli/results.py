"""Figures, tables and the page of what has been evaluated."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from dmdrepro.cli.guard import console, display
from dmdrepro.cli.options import written
from dmdrepro.commands import advice, program
from dmdrepro.experiments import NEEDS_LOAD, REGISTRY
from dmdrepro.measures import evaluation
from dmdrepro.measures.students import Student, collect
from dmdrepro.pipeline.places import ready
from dmdrepro.pipeline.plan import Plan
from dmdrepro.report import (
    Picture,
    Table,
    all_seeds,
    open_studies,
    render_terminal,
    report_page,
    seed_first,
    tables_of,
    write_tables,
)
from dmdrepro.report.answer import answer, answer_table, answers
from dmdrepro.report.study import damaged_arms
from dmdrepro.runs.divergence import divergence
from dmdrepro.runs.files import write_bytes
from dmdrepro.runs.layout import PAGE
from dmdrepro.runs.links import refuse_links
from dmdrepro.runs.published import Published
from dmdrepro.runs.results import Missing, Result, open_known, open_results
from dmdrepro.stages.run import Run


def chosen_figures(plan: Plan) -> list[int]:
    """The figures that read one of the plan's experiments."""
    from dmdrepro import paper_figures

    names = {experiment.name for experiment in plan.experiments}
    return [n for n, figure in paper_figures.FIGURES.items() if names & set(figure.experiments)]


def own_figures(plan: Plan) -> list:
    """The figures of the plan's experiments that none of the paper's figures shows."""
    from dmdrepro import paper_figures

    return [own for e in plan.experiments if (own := paper_figures.own(e.name, e.images))]


def draw_figures(plan: Plan) -> dict[str, str]:
    """Draw each seed's figures of the plan's experiments; a panel says what its run lacks.

    Returns which of the results that were read cannot be shown, as `_unusable`.
    """
    from dmdrepro import paper_figures
    from dmdrepro.report.figures import save_measures, save_study

    only, read = chosen_figures(plan), []
    names = {name for n in only for name in paper_figures.FIGURES[n].experiments}
    for seed in plan.seeds:
        results = open_results(plan.runs, plan.size, seed, REGISTRY, advice, evaluation())
        target = ready(plan.of(seed).folder("figures"), plan.runs)
        with display.at("figures", len(only)) as row:
            paths = paper_figures.save_all(results, target, only, row.update)
            for figure in own_figures(plan):
                paths += paper_figures.save(figure, results, target)
                (name,) = figure.experiments
                if isinstance(results[name], Result):
                    title, stem = f"{name} along distillation", f"along_{name}"
                    paths += save_study(title, {name: [results[name]]}, target, stem)
            students = collect({name: [result] for name, result in results.items()})
            paths += save_measures(students, target)
        console.print(f"Figures: {len(paths)} files in {target}")
        if not any(isinstance(results[name], Result) for name in names):
            console.print(
                f"They are empty: none of the results that they show is in {plan.runs} (size "
                f"{plan.size}, seed {seed}). Run `{program()} all --size {plan.size}` first. "
                f"{NEEDS_LOAD}"
            )
        read += [result for name, result in results.items() if name in names]
    return _unusable(plan, read)


def _unusable(plan: Plan, results: Iterable[Result | Missing]) -> dict[str, str]:
    """`NAME (seed k)` -> "is damaged: ..." or, of the plan's own, "is stale: ..."."""
    own = {experiment.name for experiment in plan.experiments}
    found = {}
    for result in results:
        if not isinstance(result, Missing):
            continue
        alone = plan.seeds == (result.seed,)
        name = result.experiment if alone else f"{result.experiment} (seed {result.seed})"
        if result.damage:
            found[name] = f"is damaged: {result.damage}"
        elif result.stale and result.seed in plan.seeds and result.experiment in own:
            found[name] = f"is stale: {result.stale}"
    return found


def show_figures_plan(plan: Plan, *, finished: bool = False) -> None:
    """Which figures would be drawn, and where; what each lacks, unless all stages run before."""
    from dmdrepro import paper_figures
    from dmdrepro.report.figures import measure_figures

    numbers = chosen_figures(plan)
    own = [figure.number for figure in own_figures(plan)]
    words = ", ".join([*map(str, numbers), *own, *measure_figures()])
    for seed in plan.seeds:
        console.print(f"Figures: {words}, into {plan.of(seed).folder('figures')}")
        if finished:
            continue
        results = open_results(plan.runs, plan.size, seed, REGISTRY, advice)
        for number in numbers:
            lacks = (lack(results[name]) for name in paper_figures.FIGURES[number].experiments)
            console.print(f"Figure {number}: {'; '.join(filter(None, lacks)) or 'complete'}")


def lack(result: Result | Missing) -> str:
    """The planned students that an experiment lacks, in words; empty if it lacks none."""
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
PRINTED_LAST = {"paper_and_ours": 1, "not_run": 2}


def show_results(plan: Plan, every_table: bool = False) -> dict[str, str]:
    """Print the answer, of the experiments named or of all; write each seed's tables and page.

    The answer is over the plan's seeds; tables and page are over all that were run. `every_table`:
    print all tables before it. Returns which results cannot be shown, as `_unusable`.
    """
    results, tables, unusable = _write(plan)
    target = plan.folder("tables")
    if every_table:
        for table in sorted(tables, key=lambda t: PRINTED_LAST.get(t.name, -tables.index(t))):
            console.print(render_terminal(table, target))
    named = [experiment.name for experiment in plan.experiments]
    _answer(plan, {name: results[name] for name in named})
    if not every_table:
        console.print(f"All numbers: {target / 'tables.md'}, or `--tables`.")
    for seed in plan.seeds:
        console.print(f"Report: {plan.of(seed).folder(PAGE)}")
    if len(next(iter(results.values()))) > len(plan.seeds):
        console.print(f"All seeds: {_next(plan, 'summary', load=True, size=plan.size, runs=True)}")
    more = {"load": True, "data": True, "weights": True, "runs": True, "settings": True}
    if plan.size == "smoke":
        console.print(f"For an answer: {_next(plan, 'all', **more, size='laptop')}")
    else:
        seed = max(plan.seeds) + 1
        console.print(f"Another seed: {_next(plan, 'all', **more, size=plan.size, seed=seed)}")
    return unusable


def _next(plan: Plan, command: str, **options: object) -> str:
    """A command about the same experiments; True: the option as it was given, if it was."""
    names = [experiment.name for experiment in plan.experiments]
    words = [command, *(names if len(names) < len(REGISTRY) else ())]
    for name, value in options.items():
        value = getattr(plan.request, name) if value is True else value
        for each in value if isinstance(value, list) else [value]:
            words += [written(name), str(each)] if each not in (None, Path("runs")) else []
    return f"{program()} {shlex.join(words)}"


def say_answer(plan: Plan, run: Run, snapshot: int, record: dict) -> None:
    """The sentence of a student whose record is begun, of its own seed alone.

    None of one that diverged.
    """
    if not divergence(record):
        name, seed = run.name if run.arm is None else run.arm.name, run.experiment.seed
        words = answer(Student(name, snapshot, (Published(name, {snapshot: record}),))).sentence
        console.print(f"Seed {seed}: {words}" if len(plan.seeds) > 1 else words)


def _answer(plan: Plan, results: Mapping[str, Sequence[Result | Missing]]) -> None:
    """Print it over the plan's seeds, and which seeds have diverged."""
    mine = {  # what is missing last: the others are compared with the first
        name: sorted(
            filter(lambda r: r.seed in plan.seeds, each), key=lambda r: isinstance(r, Missing)
        )
        for name, each in results.items()
    }
    shown = [s for s in collect(mine) if plan.request.snapshot in (None, s.snapshot)]
    print_answer(shown, whole=len(mine) == len(REGISTRY))
    said = {words for student in shown for words in student.left_out}
    for name, result in ((n, r) for n, each in results.items() for r in each):
        for snapshot, why in getattr(result, "diverged", {}).items():
            if (words := f"seed {result.seed} diverged: left out ({why})") not in said:
                console.print(f"{name} (teacher {snapshot:,}): {words}.")


def _write(plan: Plan, *, with_tables: bool = True) -> tuple[Mapping, list[Table], dict[str, str]]:
    """Write each seed's tables and page, which are over all seeds that were run.

    Returns the results, the first seed's tables, and what cannot be shown, as `_unusable`.
    """
    results = all_seeds(plan.runs, plan.size, *plan.seeds)
    every = [result for seeds in results.values() for result in seeds]
    unusable = _unusable(plan, every) if with_tables else {}
    first: list[Table] = []
    for mine in map(plan.of, plan.seeds):
        ordered = seed_first(results, mine.seed)
        tables = tables_of(ordered, plan.size, not_run=mine.cannot)
        if with_tables:
            write_tables(tables, ready(mine.folder("tables"), plan.runs))
        unusable |= write_page(plan, mine.seed, ordered, tables)
        first = first or tables
    return results, first, unusable


def print_answer(students: Sequence[Student], whole: bool, sentences: bool = True) -> None:
    """The paper's numbers beside ours, then one sentence for each experiment.

    `whole`: all experiments were asked for, so what was not run is named.
    """
    if not students:
        console.print("No student that can be shown has been evaluated.")
        return
    told = answers(students) if sentences else []
    console.print(render_terminal(answer_table(students, whole, [a.student for a in told])))
    for found in told:
        console.print(found.sentence, highlight=False, markup=False)


def refresh_page(plan: Plan) -> dict[str, str]:
    """The pages alone, when figures were drawn or a study was made; as `write_page`."""
    unusable = _write(plan, with_tables=False)[2]
    for seed in plan.seeds:
        console.print(f"Report: {plan.of(seed).folder(PAGE)}")
    return unusable


def write_page(
    whole: Plan,
    seed: int,
    results: Mapping[str, Sequence[Result | Missing]],
    tables: Sequence[Table],
) -> dict[str, str]:
    """A seed's everything as one HTML page, with the figures that were drawn from these results.

    The studies that the seed has results of and the known answers are opened here, for only the
    page reads them; returns what cannot be shown, as `_unusable`.
    """
    plan = whole.of(seed)

    target = ready(plan.folder(PAGE), plan.runs)
    refuse_links(plan.folder("figures"), plan.runs)  # whose pictures the page embeds
    command = f"{program()} known --size {plan.size} --seed {plan.seed}"
    known = open_known(plan.runs, plan.size, plan.seed, command)
    pictures = _pictures(plan, {name: first for name, (first, *_) in results.items()})
    studies = open_studies(plan.runs, plan.size, plan.seed)
    page = report_page(results, tables, pictures, plan.size, plan.seed, studies, known)
    write_bytes(target, page)
    arms = {arm: words for each in studies for arm, words in damaged_arms(each.arms).items()}
    return arms | (_unusable(whole, [known]) if isinstance(known, Missing) else {})


def _pictures(plan: Plan, results: Mapping[str, Result | Missing]) -> list[Picture]:
    from dmdrepro import paper_figures

    again = f"{program()} figures --size {plan.size} --seed {plan.seed} draws it"
    pictures = []
    for figure in [*paper_figures.FIGURES.values(), *own_figures(plan)]:
        png, reason = None, ""
        try:
            png = paper_figures.kept_png(figure, results, plan.folder("figures"))
        except paper_figures.Unavailable as error:
            reason = f"{error}; {again}"
        caption = paper_figures.caption(figure, results)
        pictures.append(Picture(figure.number, caption, figure.experiments, png, reason))
    return pictures
