"""`reproduce.py evaluate`."""

from dataclasses import replace
from pathlib import Path

from dmdrepro.cli import options as o
from dmdrepro.cli.execute import conclude, run_command
from dmdrepro.cli.published import check_alone, check_publish, publish_results, show_published
from dmdrepro.cli.results import show_results
from dmdrepro.pipeline.request import Request, resolve
from dmdrepro.runs.results import open_results

# fmt: off
ShowPublished = o.option(bool, "--published",
    "Show what the project's own records say, of the named experiments and studies or of all. "
    "Nothing is run.")
Publish = o.option(Path | None, "--publish",
    "Also write a small record of each student to this folder.")
# fmt: on


@o.takes_request(**o.SHARED, snapshot=o.Snapshot, log=o.Log)
def evaluate(
    request: Request,
    published: ShowPublished = False,
    publish: Publish = None,
    tables: o.Tables = False,
) -> None:
    """Measure the pairing and print the answer: Delta_E with its null, retention, quality."""
    if published:
        check_alone(request, *(["--publish"] if publish is not None else []))
        show_published(request.names, tables)
        return

    if publish is not None:
        every = resolve(request)[0]
        seeds = request.every_seed
        check_publish(publish, [replace(e, seed=seed) for seed in seeds for e in every])
    if (plan := run_command(request, ("evaluate",))) is not None:
        unusable = show_results(plan, tables)
        if publish is not None:
            names = [experiment.name for experiment in plan.experiments]
            for seed in plan.seeds:
                opened = open_results(plan.runs, plan.size, seed, names)
                publish_results(opened.values(), publish, request.snapshot)
        conclude(plan, unusable)
