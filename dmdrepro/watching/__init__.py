"""Curves to look at while the work goes on (`--log`): who can draw them, one file each."""

import importlib.util

from dmdrepro.runs.errors import RunError
from dmdrepro.runs.stage import Stage
from dmdrepro.watching.writer import Writer

LOGS = ("tensorboard", "wandb")  # also the names of the packages, and of the extras


def check_log(name: str | None) -> None:
    """Raise RunError unless `--log name` can be had."""
    if name is None:
        return
    if name not in LOGS:
        raise RunError(f"--log {name} is not one of {', '.join(LOGS)}.")
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:  # a mere folder of that name
        raise RunError(
            f"--log {name} needs the package {name}; install it with "
            f"`pip install 'dmdrepro[{name}]'`."
        )


def open_writer(name: str | None, stage: Stage, done: int = 0) -> Writer:
    """The writer of a stage that goes on after `done` steps; raises RunError if it cannot start."""
    match name:
        case "tensorboard":
            from dmdrepro.watching.tensorboard import TensorBoard

            return TensorBoard(stage, done)
        case "wandb":
            from dmdrepro.watching.wandb import WandB

            return WandB(stage)
    return Writer()
