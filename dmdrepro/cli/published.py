"""`--published` and `--publish`: the project's own measured records."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import console, fail
from dmdrepro.cli.overwrite import PUBLISHED, check_output, check_tables, is_figure, json_with
from dmdrepro.cli.results import print_answer
from dmdrepro.experiments import REGISTRY, STUDIES, Experiment, Study, nearest, size_words
from dmdrepro.measures import evaluation
from dmdrepro.measures.students import Student, collect
from dmdrepro.pipeline.paths import check_target
from dmdrepro.pipeline.request import Request
from dmdrepro.report import render_terminal, tables_of, write_tables
from dmdrepro.report.answer import answer
from dmdrepro.report.commands import command
from dmdrepro.report.page.tables import ran
from dmdrepro.report.study import study_tables
from dmdrepro.report.verdict import NOT_RUN, verdict_table
from dmdrepro.runs.published import of_size, publish, read_published, record_file
from dmdrepro.runs.results import Missing

FOLDER = Path(__file__).parents[2] / "docs" / "published"
# Beside the students of the paper's size, in one figure: the image student distilled the longest.
LONGEST_IMAGES = ("laptop", "learning-rate-images/lr=2e-4")
SIZES_SHOWN = ("laptop", "laptop-32", "paper")
SHOWN = ("verdict", "paper_and_ours", "along_distillation")


def check_alone(request: Request, *own: str) -> None:
    """Refuse whatever --published would leave aside: `own`, and options of the request."""
    if given := [*own, *o.given(request)]:
        fail(f"--published runs nothing; leave out {', '.join(given)}.")


def check_publish(folder: Path, experiments: Iterable[Experiment], arm: str = "") -> None:
    """Refuse a --publish that cannot write these experiments' records, or would overwrite others.

    `arm`: of a study, that the experiments are changed by.
    """
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
    for name in names:
        if name not in (known := [*REGISTRY, *STUDIES]):
            fail(f"There is no experiment or study {name!r}; {nearest(name, known)}")
    published = read_records()
    if every_table:
        _every_table(published, names)
    elif names:
        _answers(published, names)
    else:
        _overview(published)
    console.print(f"From {FOLDER}; each record names its command, device, commit and wall time.")


def _every_table(published: dict, names: Sequence[str]) -> None:
    for study, arms in _studies(published):
        for table in study_tables(study, arms) if not names or study.name in names else ():
            console.print(render_terminal(table))
    chosen = [name for name in REGISTRY if not names or name in names]
    for size in SIZES_SHOWN if chosen else ():
        tables = {t.name: t for t in tables_of(of_size(published, size, chosen), size)}
        # The verdict speaks of the paper's size alone, and comes last.
        for name in reversed(SHOWN):
            if name in tables and (name != "verdict" or size == "paper"):
                console.print(render_terminal(tables[name]))


def _answers(published: dict, names: Sequence[str]) -> None:
    for study, arms in _studies(published):
        if study.name in names:
            console.print(f"Study {study.name}: {study.question}")
            print_answer(collect(arms, every=True), whole=False, sentences=False)
    chosen = [name for name in REGISTRY if name in names]
    for size in SIZES_SHOWN:
        if students := collect(of_size(published, size, chosen)):
            console.print(f"Size {size_words(size)}")
            print_answer(students, whole=False)


def _overview(published: dict) -> None:
    console.print("The answer of each arm of each study:")
    students = collect(of_size(published, "paper", list(REGISTRY)))
    for study, arms in _studies(published):
        of_study = collect(arms, every=True)
        words = "; ".join(f"{s.name} {answer(s).word}" for s in of_study)
        console.print(f"{study.name}: {words}", highlight=False)
        students += of_study
    verdict = verdict_table(students)
    absent = dict.fromkeys(str(row[0]) for row in verdict.rows if NOT_RUN in row)
    notes = (
        "Ours: the median over the seeds, [smallest, largest].",
        f"Not run at the paper's size: {', '.join(absent)}.",
    )
    console.print(render_terminal(replace(ran(verdict), notes=notes)))


def draw_published(folder: Path) -> None:
    """Draw what docs/findings.md shows of the published records into `folder`; nothing is run.

    The tables of all seeds of a size are written below it.
    """
    from dmdrepro.report.figures import measure_figures, save_measures, save_study

    published = read_records()
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


def read_records() -> dict:
    if not FOLDER.is_dir():
        fail(f"{FOLDER} is not there: published records come with the repository, not the package.")
    return read_published(FOLDER, evaluation())


def _studies(published: dict) -> Iterator[tuple[Study, dict]]:
    """Each study that has published records, with the seeds of each arm."""
    for study in STUDIES.values():
        names = [f"{study.name}/{arm.name}" for arm in study.arms]
        if any((study.size, name) in published for name in names):
            found = of_size(published, study.size, names)
            yield study, {name.partition("/")[2]: seeds for name, seeds in found.items()}


def publish_results(results, folder: Path, only: int | None = None) -> None:
    """Write the records of every finished result into `folder`; `only`: of that snapshot."""
    for result in results:
        if isinstance(result, Missing):
            continue
        for snapshot in result.evaluated if only is None else {only} & {*result.evaluated}:
            line = command(Student(result.experiment, snapshot, (result,)))
            words = result.diverged.get(snapshot, "")
            aside = f" (diverged, left out of tables: {words})" if words else ""
            console.print(f"Published: {publish(result, snapshot, folder, line)}{aside}")
