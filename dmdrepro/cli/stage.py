"""`reproduce.py teacher`, `distill`, `sample`, `classifier`: the commands that make one stage."""

from collections.abc import Callable

from dmdrepro.cli import options as o
from dmdrepro.cli.execute import conclude, run_command
from dmdrepro.pipeline.request import Request

TRAINING = {"engine": o.Engine, "gpus_per_run": o.GpusPerRun, "log": o.Log}
SNAPSHOT = {"snapshot": o.Snapshot}
# Name -> the options that it has besides the shared ones, what it does.
COMMANDS = {
    "teacher": (TRAINING, "Train the teachers; keep a snapshot at each of teacher.snapshots."),
    "distill": (TRAINING | SNAPSHOT, "Distil a one-step student from each teacher snapshot."),
    "sample": (SNAPSHOT, "Draw Phi_1, Phi_8, Phi_32 and G on the same noise."),
    "classifier": (
        {},
        "Train the digit classifier that scores MNIST's samples; `evaluate` trains it if it is "
        "missing.",
    ),
}


def command(name: str) -> Callable[..., None]:
    """The command that makes the stage of that name."""
    options, about = COMMANDS[name]

    def make(request: Request) -> None:
        if (plan := run_command(request, (name,))) is not None:
            conclude(plan)

    make.__doc__ = about
    return o.takes_request(**o.SHARED, **options, **o.SLURM)(make)
