"""`--published` and `--publish`: the project's own measured records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import console, fail
from dmdrepro.experiments import REGISTRY, STUDIES, Experiment, Study, nearest
from dmdrepro.pipeline.paths import check_target
from dmdrepro.pipeline.request import Request

if TYPE_CHECKING:
    from dmdrepro.measures.table import Table

FOLDER = Path(__file__).parents[2] / "docs" / "published"
# Beside the students of the paper's size, in one figure: the image student distilled the longest.
LONGEST_IMAGES = ("laptop", "learning-rate-images/lr=2e-4")
SIZES_SHOWN = ("laptop", "paper")
SHOWN = ("verdict", "paper_and_ours", "along_distillation")


def check_alone(request: Request, *names: str, **own: object) -> None:
    """Refuse whatever --published would leave aside, `names` too."""
    given = [*names, *(f"--{name}" for name, value in own.items() if value is not None)]
    given += o.given(request)
    if given:
        fail(f"--published runs nothing; leave out {', '.join(given)}.")


def check_publish(folder: Path, experiments: Iterable[Experiment], arm: str = "") -> None:
    """Refuse a --publish that cannot write these experiments' records, or would overwrite others.

    `arm`: of a study, that the experiments are changed by.
    """
    from dmdrepro.cli.overwrite import PUBLISHED, check_output, json_with
    from dmdrepro.runs.published import record_file

    check_target("--publish", folder)
    for experiment in experiments:
        name = f"{experiment.name}@{arm}" if arm else experiment.name
        for snapshot in experiment.teacher.snapshots:
            file = record_file(folder, experiment.size, name, snapshot, experiment.seed)
            check_output("--publish", file, json_with(PUBLISHED))


def show_published(names: Sequence[str] = (), every_table: bool = False) -> None:
    """Print what the published records say, of `names` (experiments, studies) alone; runs nothing.

    Without names: the paper's numbers with a verdict each, and a line a study. `every_table`: all
    tables instead.
    """
    from dmdrepro.cli.results import print_answer
    from dmdrepro.measures.students import collect
    from dmdrepro.report import render_terminal, tables_of
    from dmdrepro.report.answer import answer
    from dmdrepro.report.study import study_tables
    from dmdrepro.runs.published import of_size

    for name in names:
        if name not in (known := [*REGISTRY, *STUDIES]):
            fail(f"There is no experiment or study {name!r}; {nearest(name, known)}")
    published = _read()
    for study, arms in _studies(published):
        if every_table and (not names or study.name in names):
            for table in study_tables(study, arms):
                console.print(render_terminal(table))
        elif study.name in names:
            console.print(f"Study {study.name}: {study.question}")
            print_answer(collect(arms), whole=False, sentences=False)
        elif not names:
            words = ", ".join(f"{s.experiment} {answer(s).word}" for s in collect(arms))
            console.print(f"{study.name}: {words}", highlight=False)
    chosen = [name for name in REGISTRY if not names or name in names]
    for size in SIZES_SHOWN if chosen else ():
        results = of_size(published, size, chosen)
        tables = {table.name: table for table in tables_of(results, size)}
        # The verdict speaks of the paper's size alone, and comes last.
        for name in reversed(SHOWN) if every_table else ():
            if name in tables and (name != "verdict" or size == "paper"):
                console.print(render_terminal(tables[name]))
        if names and not every_table and (students := collect(results)):
            console.print(f"Size {size}" + ("" if size == "paper" else " (reduced)"))
            print_answer(students, whole=False)
        if not names and not every_table and size == "paper":
            console.print(render_terminal(_run(tables["verdict"])))
    console.print(f"From {FOLDER}; each record names its command, device, commit and wall time.")


def _run(verdict: Table) -> Table:
    """The verdicts on what was run; the rest is one note."""
    place = verdict.columns.index("verdict")
    rows = tuple(row for row in verdict.rows if row[place] != "not run")
    absent = dict.fromkeys(str(row[0]) for row in verdict.rows if row[place] == "not run")
    return replace(verdict, rows=rows, notes=(f"Not run at that size: {', '.join(absent)}.",))


def draw_published(folder: Path) -> None:
    """Draw what docs/findings.md shows of the published records into `folder`; nothing is run.

    The tables of all seeds of a size are written below it.
    """
    from dmdrepro.cli.overwrite import check_output, check_tables, is_figure
    from dmdrepro.measures.students import collect
    from dmdrepro.report import tables_of, write_tables
    from dmdrepro.report.figures import measure_figures, save_measures, save_study
    from dmdrepro.runs.published import of_size

    published = _read()
    tables = {}
    for size in SIZES_SHOWN:
        tables[size] = tables_of(of_size(published, size, list(REGISTRY)), size)
        check_tables("--published", folder / size, tables[size])
    for stem in (*STUDIES, "together", *measure_figures()):
        for kind in ("png", "pdf"):
            check_output("--published", folder / f"{stem}.{kind}", is_figure)
    for study, arms in _studies(published):
        save_study(study.question, arms, folder, study.name)
    paper = of_size(published, "paper", list(REGISTRY))
    together = dict(paper)
    if LONGEST_IMAGES in published:
        together["mnist (laptop size)"] = published[LONGEST_IMAGES]
    save_study("The paper's size, and images beside it", together, folder, "together")
    save_measures(collect(paper), folder)
    for size in SIZES_SHOWN:
        write_tables(tables[size], folder / size)
    console.print(f"Figures and tables of the published records: {folder}")


def _read() -> dict:
    from dmdrepro.measures import evaluation
    from dmdrepro.runs.published import read_published

    if not FOLDER.is_dir():
        fail(f"{FOLDER} is not there: published records come with the repository, not the package.")
    return read_published(FOLDER, evaluation())


def _studies(published: dict) -> Iterator[tuple[Study, dict]]:
    """Each study that has published records, with its arms' seeds."""
    from dmdrepro.runs.published import of_size

    for study in STUDIES.values():
        names = [f"{study.name}/{arm.name}" for arm in study.arms]
        if any((study.size, name) in published for name in names):
            found = of_size(published, study.size, names)
            yield study, {name.partition("/")[2]: seeds for name, seeds in found.items()}


def publish_results(results, folder: Path, only: int | None = None) -> None:
    """Write the records of every finished result into `folder`; `only`: of that snapshot."""
    from dmdrepro.measures.students import Student
    from dmdrepro.report.commands import command
    from dmdrepro.runs.published import publish
    from dmdrepro.runs.results import Missing

    for result in results:
        if isinstance(result, Missing):
            continue
        for snapshot in result.evaluated if only is None else {only} & {*result.evaluated}:
            line = command(Student(result.experiment, snapshot, (result,)))
            words = result.diverged.get(snapshot, "")
            aside = f" (diverged, left out of tables: {words})" if words else ""
            console.print(f"Published: {publish(result, snapshot, folder, line)}{aside}")
