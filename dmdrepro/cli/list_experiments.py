"""`reproduce.py list`."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import console, guarded
from dmdrepro.cli.plan import Task
from dmdrepro.experiments import REGISTRY, SIZES, build
from dmdrepro.experiments.config import Experiment
from dmdrepro.stages.run import Run


def list_experiments(seed: o.Seed = 0, runs: o.Runs = Path("runs")) -> None:
    """List the experiments: the paper's place, what each needs, its sizes, what is done."""
    with guarded():
        table = Table(
            "experiment",
            "what",
            "in the paper",
            "needs",
            *(f"{size}: done" for size in SIZES),
            title=f"Experiments; done = stages finished in {runs} at seed {seed}",
        )
        for name, cls in REGISTRY.items():
            doc = (cls.__doc__ or "").splitlines()[0]
            counts = [_done(build(name, size, seed), runs) for size in SIZES]
            table.add_row(name, doc, cls.PAPER, cls.NEEDS or "nothing", *counts)
        console.print(table)
        console.print("Sizes: " + "; ".join(f"{size} = {text}" for size, text in _SIZES.items()))
        for name, cls in REGISTRY.items():
            console.print(f"{name}: laptop changes {_reductions(cls)}", markup=False)


_SIZES = {
    "smoke": "seconds, for tests",
    "laptop": "reduced networks, images and lengths, for two CPU cores",
    "paper": "the paper's numbers",
}


def _done(experiment: Experiment, runs: Path) -> str:
    if experiment.name == "imagenet64":
        return "not run: needs weights"
    run = Run(experiment, runs)
    stages = ("distill", "sample", "evaluate")
    tasks = [Task(run, "teacher"), *(Task(run, s, n) for n in run.snapshots for s in stages)]
    if not run.folder.is_dir():
        return f"0 of {len(tasks)}"
    states = [task.status() for task in tasks]
    done = f"{states.count('done')} of {len(tasks)}"
    refused = next((state for state in states if state.startswith("refused")), "")
    return f"{done}; {refused}" if refused else done


def _reductions(cls: type[Experiment]) -> str:
    changes = cls.REDUCED["laptop"]
    return ", ".join(f"{key}={value}" for key, value in changes.items()) or "nothing"
