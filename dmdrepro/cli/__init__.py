"""The command line: one file per command; each parses, calls and prints."""

from __future__ import annotations

import os
import sys

import typer

from dmdrepro.cli import all as all_command
from dmdrepro.cli import (
    bench,
    classifier,
    distill,
    evaluate,
    figures,
    known,
    list_experiments,
    sample,
    study,
    teacher,
)


def wait_briefly() -> None:
    """Let OpenMP's threads sleep soon where they wait, unless the user has chosen how they do.

    They wait by spinning, for milliseconds: beside another busy program that takes the core from
    the very thread they wait for, and a toy's step took twenty times as long (docs/performance.md).
    To be called before torch is imported, for the library reads this once.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")


app = typer.Typer(
    help="Does a one-step DMD student keep its teacher's noise-data pairing? "
    "Every figure and number of the paper, by one command.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("all")(all_command.all_stages)
app.command("teacher")(teacher.teacher)
app.command("distill")(distill.distill)
app.command("sample")(sample.sample)
app.command("classifier")(classifier.classifier)
app.command("evaluate")(evaluate.evaluate)
app.command("figures")(figures.figures)
app.command("known")(known.known)
app.command("study")(study.study)
app.command("list")(list_experiments.list_experiments)
app.command("bench")(bench.bench)


def main() -> None:
    """Entry point of `reproduce.py` and of the console script."""
    wait_briefly()
    # A notebook names its own backend here, which other programs may not have; files need none.
    os.environ["MPLBACKEND"] = "agg"
    sys.exit(app(standalone_mode=True))
