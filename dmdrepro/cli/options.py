"""The options that the commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[EXPERIMENT]...", help="Which experiments (see `list`); default: all."),
]
Size = Annotated[
    str | None,
    typer.Option(
        "--size",
        help="smoke (seconds, for tests), laptop (reduced), laptop-32 (the paper's images and "
        "network, shorter) or paper. "
        "Default: paper with a GPU, laptop without.",
    ),
]
Gpu = Annotated[
    str | None,
    typer.Option("--gpu", help="A GPU's number, or cpu. Default: the first GPU, else cpu."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything that is drawn.")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder of the runs.")]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder with MNIST's four IDX files (.gz or unpacked, as LeCun, torchvision or Kaggle "
        "lay them out). "
        "Default: $DMDREPRO_DATA, then the cache, then a download with a checksum.",
    ),
]
Offline = Annotated[bool, typer.Option("--offline", help="Download nothing.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would run, in what order, at what cost.")
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Ignore what is done: move it aside and make it anew.")
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        help="How training steps are executed: eager, or some of compiled, graphs (CUDA), "
        "channels-last joined by commas, which changes rounding only. auto: on a GPU graphs where "
        "they come to the same bits, on a CPU eager.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        min=1,
        help="How many processes run independent stages side by side, sharing the cores. "
        "Default: on a CPU up to 4, one for each core; on a GPU 1.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="Override a field, e.g. distill.lr=1e-4. Repeatable."
    ),
]


@dataclass(frozen=True)
class Request:
    """What the user asked for, unchecked; each field is an option of every stage command."""

    experiments: Names = None
    size: Size = None
    gpu: Gpu = None
    seed: Seed = 0
    runs: Runs = Path("runs")
    data: DataDir = None
    offline: Offline = False
    dry_run: DryRun = False
    fresh: Fresh = False
    settings: Settings = None

    @property
    def names(self) -> list[str]:
        """The experiments named; empty for all."""
        return self.experiments or []

    def given(self) -> list[str]:
        """The options that differ from their defaults, as the user writes them."""
        differ = [f.name for f in fields(self) if getattr(self, f.name) not in (f.default, [])]
        return [_OPTIONS.get(name, f"--{name}") for name in differ if name != "experiments"]


_OPTIONS = {"dry_run": "--dry-run", "settings": "--set"}


def takes_request(function: Callable[..., None]) -> Callable[..., None]:
    """A command `f(request, own_option=...)` as typer wants it: every shared option spelt out."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = inspect.signature(Request, eval_str=True)
    names = list(shared.parameters)

    def command(**options: object) -> None:
        request = Request(**{name: options.pop(name) for name in names})
        function(request, **options)

    parameters = [*shared.parameters.values(), *own]
    command.__signature__ = inspect.Signature(
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    )
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    return command
