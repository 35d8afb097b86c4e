"""`reproduce.py evaluate`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import fail, guarded
from dmdrepro.cli.published import check_alone, check_publish, publish_results, show_published
from dmdrepro.commands import program
from dmdrepro.pipeline.request import Request

# Where the samples of anyone's networks were measured before there was `compare`.
Pairs = Annotated[tuple[Path, Path] | None, typer.Option("--pairs", hidden=True)]
ShowPublished = Annotated[
    bool,
    typer.Option(
        "--published",
        help="Show what the project's own records say, of the experiments and studies named. "
        "Nothing is run.",
    ),
]
Publish = Annotated[
    Path | None,
    typer.Option("--publish", help="Also write each student's record, small, to this folder."),
]


@o.takes_request(**o.SHARED, snapshot=o.Snapshot, log=o.Log)
def evaluate(
    request: Request,
    pairs: Pairs = None,
    published: ShowPublished = False,
    publish: Publish = None,
    tables: o.Tables = False,
) -> None:
    """Measure the pairing: Delta_E with its null, retention and quality; print the tables."""
    with guarded():
        if pairs is not None:
            fail(f"Samples of anyone's networks are measured by `{program()} compare A B`.")
        if published:
            check_alone(request, publish=publish)
            show_published(request.names, tables)
            return
        from dmdrepro.cli.execute import conclude, run_command
        from dmdrepro.cli.results import show_results
        from dmdrepro.pipeline.request import resolve

        if publish is not None:
            every = resolve(request)[0]
            seeds = request.every_seed
            check_publish(publish, [replace(e, seed=seed) for seed in seeds for e in every])
        if (plan := run_command(request, ("evaluate",))) is not None:
            unusable = show_results(plan, tables)
            if publish is not None:
                from dmdrepro.runs.results import open_results

                names = [experiment.name for experiment in plan.experiments]
                for seed in plan.seeds:
                    opened = open_results(plan.runs, plan.size, seed, names)
                    publish_results(opened.values(), publish, request.snapshot)
            conclude(plan, unusable)
