"""`reproduce.py known`, and the same as a part of `all`."""

from pathlib import Path

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import console, display, errors, guarded, how_to_go_on
from dmdrepro.pipeline.paths import check_folder
from dmdrepro.pipeline.places import ready
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.request import default_size
from dmdrepro.pipeline.trouble import about
from dmdrepro.report import known_tables, render_terminal, write_tables
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.layout import known_folder
from dmdrepro.runs.results import KNOWN_NAME, Missing, open_known


def known(
    size: o.Size = None, seed: o.Seed = 0, runs: o.Runs = Path("runs"), fresh: o.Fresh = False
) -> None:
    """Test the measures on samples of known pairing: the circle of appendix C, Gaussians, ..."""
    with guarded(how_to_go_on(fresh)):
        check_folder("--runs", runs)
        size = default_size(None) if size is None else size
        make(runs, size, seed, fresh)
        folder = known_folder(runs, size, seed) / "tables"
        for table in write(runs, size, seed):
            console.print(render_terminal(table, folder))
        console.print(f"Tables: {folder}")


def make_for(plan: Plan) -> None:
    """The part of `all`: made unless it is there; what goes wrong leaves the rest to be shown."""
    try:
        make(plan.runs, plan.size, plan.seed)
        write(plan.runs, plan.size, plan.seed)
    except RunError as error:
        plan.failed.append(KNOWN_NAME)
        errors.print(f"failed: {about(KNOWN_NAME, error)}")


def make(runs: Path, size: str, seed: int, fresh: bool = False) -> None:
    """Make the record, on the CPU, or see that it is there."""
    from dmdrepro.stages.context import Context
    from dmdrepro.stages.known_answers import known_stage, make_known
    from dmdrepro.training.session import Session

    stage = known_stage(runs, size, seed)
    context = Context(Session(), say=console.print)
    if fresh:
        context.set_aside(stage)
    with display.at(stage.what):
        make_known(stage, size, seed, context)


def write(runs: Path, size: str, seed: int) -> list:
    """Write the record's tables beside it; returns them."""
    record = open_known(runs, size, seed)
    if isinstance(record, Missing):
        raise RunError(record.damage or f"{KNOWN_NAME}: {record.reason}")
    tables = known_tables(record)
    write_tables(tables, ready(known_folder(runs, size, seed) / "tables", runs))
    return tables
