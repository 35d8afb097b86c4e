"""`reproduce.py list`."""

from pathlib import Path

from rich.table import Table

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import console, guarded
from dmdrepro.cli.slurm import show_jobs
from dmdrepro.experiments import REGISTRY, build, every_size
from dmdrepro.experiments.config import Experiment
from dmdrepro.pipeline.paths import check_folder
from dmdrepro.pipeline.task import Task
from dmdrepro.stages.run import Run

Slurm = o.option(bool, "--slurm", "List the Slurm jobs of --runs: running, waiting, failed.")


def list_experiments(
    seed: o.Seed = 0, runs: o.Runs = Path("runs"), load: o.Load = None, slurm: Slurm = False
) -> None:
    """List the experiments: their place in the paper, what they need, their sizes, what is done."""
    with guarded():
        check_folder("--runs", runs)
        if slurm:
            show_jobs(runs)
            return
        table = Table(
            title=f"Stages done (and begun) of each experiment and size, seed {seed}, in {runs}"
        )
        table.add_column("experiment", no_wrap=True)
        sizes = every_size()
        for size in sizes:
            table.add_column(size, no_wrap=True)
        reasons = {}
        for name, cls in REGISTRY.items():
            found = [
                _done(build(name, size, seed), runs) if size in cls.sizes() else ("-", "")
                for size in sizes
            ]
            table.add_row(name, *(done for done, _ in found))
            reasons |= {why: None for _, why in found if why}
        console.print(table)
        if not runs.is_dir():
            console.print(f"There is no folder {runs} yet.")
        for reason in reasons:
            console.print(reason)
        console.print("Sizes: " + "; ".join(f"{size} = {text}" for size, text in _SIZES.items()))
        for name, cls in REGISTRY.items():
            what = _about(cls)
            needs = f"needs {needs}; " if (needs := cls().data.needs) else ""
            place = cls.PAPER or "of your own"
            changes = (f"{key}={value}" for key, value in cls.REDUCED.get("laptop", {}).items())
            changed = ", ".join(changes) or "nothing"
            console.print(f"{name}: {what}({place}); {needs}laptop changes {changed}")


_SIZES = {
    "smoke": "seconds, for tests",
    "laptop": "reduced networks, images and lengths, for two CPU cores",
    "laptop-32": "the paper's images and network, fewer iterations: many hours on two CPU cores",
    "paper": "the paper's size",
}


def _about(cls: type[Experiment]) -> str:
    """The first line of the experiment's docstring and a blank; empty if it has none of its own."""
    words = (cls.__doc__ or "").strip()
    own = words and not words.startswith(f"{cls.__name__}(")
    return f"{words.splitlines()[0].rstrip('.')} " if own else ""


def _done(experiment: Experiment, runs: Path) -> tuple[str, str]:
    """(how many stages are done and begun, why no more can be)."""
    run = Run(experiment, runs)
    stages = ("distill", "sample", "evaluate")
    tasks = [Task(run, "teacher"), *(Task(run, s, n) for n in run.snapshots for s in stages)]
    if not run.folder.is_dir():
        lacking = "" if experiment.data.sampled else experiment.data.files(None, True).lacking
        return f"0/{len(tasks)}", f"{experiment.name}: not run: {lacking}" if lacking else ""
    states = [task.state() for task in tasks]
    done = sum(state.words == "done" for state in states)
    refused = next((state.reason for state in states if state.reason), "")
    why = f"{experiment.name}, {experiment.size} size: refused: {refused}" if refused else ""
    begun = sum(0 < state.left < 1 for state in states)
    return f"{done}/{len(tasks)}" + (f", {begun} begun" if begun else ""), why
