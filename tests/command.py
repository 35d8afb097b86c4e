"""Commands inside this process, for small runs and what is refused before any work; plans."""

import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
from matplotlib.figure import Figure
from typer.testing import CliRunner

from dmdrepro.cli.commands import app
from dmdrepro.experiments import STUDIES
from dmdrepro.pipeline.plan import Plan, make_plan, make_study_plan
from dmdrepro.pipeline.request import Request
from dmdrepro.pipeline.task import STAGES
from dmdrepro.runs.files import read_json

# A user's MNIST would be found; in a narrow line a path breaks at a place that its length decides.
ENVIRONMENT = {
    "DMDREPRO_DATA": None,
    "XDG_CACHE_HOME": f"{tempfile.gettempdir()}/no-mnist-here",
    "COLUMNS": "400",
}
SMOKE = ("--size", "smoke", "--gpu", "cpu", "--offline")


def blank(figure, *arguments, save=Figure.savefig, **options):
    """The file of a figure, with what it was drawn from and without ink: half a run is rendering.

    Figures are rendered by tests/paper_figures and by commands in processes of their own.
    """
    return save(Figure(figsize=(0.1, 0.1)), *arguments, **options)


def saved(folder: Path, **arrays: np.ndarray) -> list[Path]:
    """Write each array to NAME.npy; returns the files."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return [folder / f"{name}.npy" for name in arrays]


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def record_of(runs: Path, stage: str, seed: int = 0) -> dict:
    """A stage's record at the smoke size, such as that of `ring/evaluate-60`."""
    return read_json(runs / f"smoke/seed{seed}" / stage / "record.json")


def invoke(*arguments: object, rendered: bool = False):
    """Run a command and check that no exception escaped; returns typer's result."""
    with mock.patch.object(Figure, "savefig", Figure.savefig if rendered else blank):
        result = CliRunner(env=ENVIRONMENT).invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def command(*arguments: object, code: int = 0, rendered: bool = False) -> str:
    """Run a command, check its exit code too; returns its output."""
    result = invoke(*arguments, rendered=rendered)
    assert result.exit_code == code, result.output
    return result.output


def plan_of(*names: str, size: str = "smoke", gpu: str = "cpu", **options: object) -> Plan:
    """The plan of `all NAME...`; `options`: of its Request."""
    return make_plan(Request(list(names), size, gpu, **options), STAGES)


def study_plan(seeds: tuple[int, ...], size: str = "smoke", runs: Path = Path("nowhere")) -> Plan:
    """The plan of `study start`."""
    study = STUDIES["start"].at(size)
    return make_study_plan(study, seeds, Request([study.experiment], size, "cpu", runs=runs))
