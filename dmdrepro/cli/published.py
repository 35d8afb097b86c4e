"""`evaluate --published` and `--publish`: the project's own measured records."""

from __future__ import annotations

from pathlib import Path

from dmdrepro.cli.guard import console, fail
from dmdrepro.experiments import REGISTRY, STUDIES

FOLDER = Path(__file__).parents[2] / "docs" / "published"
SHOWN = ("verdict", "paper_and_ours", "along_distillation")


def show_published() -> None:
    """Print the tables of every published record; nothing is run."""
    from dmdrepro.report import render_terminal, tables_of
    from dmdrepro.report.study import study_tables
    from dmdrepro.runs.published import of_size, read_published

    if not FOLDER.is_dir():
        fail(f"{FOLDER} is not there: published records come with the repository, not the package.")
    published = read_published(FOLDER)
    for study in STUDIES.values():
        names = [f"{study.name}/{arm.name}" for arm in study.arms]
        if any((study.size, name) in published for name in names):
            arms = {
                n.partition("/")[2]: r for n, r in of_size(published, study.size, names).items()
            }
            for table in study_tables(study, arms):
                console.print(render_terminal(table))
    for size in ("laptop", "paper"):
        results = of_size(published, size, list(REGISTRY))
        tables = {table.name: table for table in tables_of(results, size)}
        # The verdict speaks of the paper's size alone, and comes last.
        for name in reversed(SHOWN):
            if name in tables and (name != "verdict" or size == "paper"):
                console.print(render_terminal(tables[name]))
    console.print(f"From {FOLDER}; each record names its command, device, commit and wall time.")


def publish_results(results, folder: Path) -> None:
    """Write the record of every finished result into `folder`."""
    from dmdrepro.runs.published import publish
    from dmdrepro.runs.results import Missing

    for result in results:
        if not isinstance(result, Missing):
            for path in publish(result, folder, result.command("all")):
                console.print(f"Published: {path}")
