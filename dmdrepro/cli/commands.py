"""The commands as one app: one file each, which parses, calls and prints."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from typer.core import TyperGroup

from dmdrepro.cli import (
    bench,
    compare,
    doctor,
    evaluate,
    figures,
    known,
    list_experiments,
    stage,
    study,
    summary,
    worker,
)
from dmdrepro.cli.all import all_stages
from dmdrepro.cli.console import console, visible
from dmdrepro.cli.together import refuse_alone

STATUSES = (
    "Exit status: 0 done; 1 refused or failed, one sentence says why; 2 the command line is wrong "
    "(an unknown command or option, a value of the wrong kind); 3 done, but without MNIST, which "
    "could not be had; 128 + N stopped by signal N after saving: 130 Ctrl-C, 143 SIGTERM, "
    "129 SIGHUP, 138 SIGUSR1, 140 SIGUSR2, 152 SIGXCPU, 141 nobody reads the output."
)
_UsageError = typer.BadParameter.__base__


@contextmanager
def _visible_mistakes() -> Iterator[None]:
    """Typer repeats a wrong argument as it is: control characters would reach the terminal."""
    try:
        yield
    except _UsageError as error:
        error.message = visible(error.message)
        raise


class _Commands(TyperGroup):
    def make_context(self, *arguments, **options):
        with _visible_mistakes():
            return super().make_context(*arguments, **options)

    def invoke(self, context):
        with _visible_mistakes():
            return super().invoke(context)


app = typer.Typer(
    cls=_Commands,
    help="Does a one-step DMD student keep its teacher's noise-data pairing? "
    "Every figure and number of the paper, by one command.",
    epilog=STATUSES,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        import dmdrepro

        console.print(f"dmdrepro {dmdrepro.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    refuse_alone(context.invoked_subcommand or "")


app.command("all")(all_stages)
for _name in stage.COMMANDS:
    app.command(_name)(stage.command(_name))
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("figures")(figures.figures)
app.command("known")(known.known)
app.command("study")(study.study)
app.command("summary")(summary.summary)
app.command("list")(list_experiments.list_experiments)
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)
app.command("worker", hidden=True)(worker.worker)
