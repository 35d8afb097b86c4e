"""The options that the commands share."""

import inspect
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from dmdrepro.cli.guard import guarded, how_to_go_on
from dmdrepro.cli.together import by_ranks
from dmdrepro.pipeline.request import Request


def option(kind: object, name: str, about: str, **more: object) -> object:
    """An option of type `kind` with its help; `more`: as of `typer.Option`."""
    return Annotated[kind, typer.Option(*name.split(), help=about, **more)]


def argument(kind: object, name: str, about: str) -> object:
    """A positional argument of type `kind` with its help."""
    return Annotated[kind, typer.Argument(metavar=name, help=about)]


# fmt: off
Names = argument(list[str] | None, "[EXPERIMENT]...",
    "Experiments (see `list`). Default: all.")
Size = option(str | None, "--size",
    "smoke (seconds, for tests), laptop (reduced), laptop-32 (the paper's images and network, "
    "fewer iterations) or paper. Default: paper with a GPU, laptop without.")
Gpu = option(str | None, "--gpu",
    "The number of a GPU, several (0,1 or 0-7: independent stages run side by side), or cpu. "
    "Default: the first GPU, else cpu.")
Seed = option(int, "--seed", "Seed of all random numbers.", min=0)
Seeds = option(str | None, "--seeds", "Several seeds instead of one, such as 0-4 or 0,2,5.")
Runs = option(Path, "--runs", "Folder of the runs.")
DataDir = option(Path | None, "--data",
    "Folder with MNIST's four IDX files (.gz or unpacked, in the layout of LeCun, torchvision or "
    "Kaggle). Default: $DMDREPRO_DATA, then the cache, then a download with a checksum.")
Weights = option(Path | None, "--weights",
    "The file of imagenet64's teacher, or its folder. `list` names the file. "
    "Default: $DMDREPRO_WEIGHTS.")
Offline = option(bool, "--offline", "Download nothing.")
DryRun = option(bool, "--dry-run", "Show what would run, in what order, at what cost.")
Fresh = option(bool, "--fresh", "Make every stage again. Existing stages are moved aside.")
Engine = option(str, "--engine",
    "How to run training steps: eager, or some of compiled, graphs (CUDA), channels-last and "
    "checkpointed (less memory: activations are computed again), joined by commas. Results differ "
    "by rounding only. auto: on a GPU the fastest of these, with graphs if the first replay is "
    "bit-identical; on a CPU eager.")
Jobs = option(int | None, "--jobs", min=1, about=
    "Run independent stages side by side in so many processes, which share the cores. Default: on "
    "a CPU one for each core, at most 4; on a GPU 1.")
GpusPerRun = option(int | None, "--gpus-per-run", metavar="N", min=1, about=
    "Train each network on N GPUs (with --gpu cpu in N processes), which share its batch.")
Log = option(str | None, "--log", metavar="tensorboard|wandb", about=
    "Write curves into the stages' folders: losses, rates, samples, measures, speed, memory.")
Tables = option(bool, "--tables", "Print every table, not only the answer.")
Settings = option(list[str] | None, "--set", metavar="FIELD=VALUE", about=
    "Override a field, e.g. distill.lr=1e-4. Repeatable.")
Snapshot = option(int | None, "--snapshot", metavar="ITERATIONS", min=1, about=
    "Only the student whose teacher was trained for so many iterations. Default: all.")
# fmt: on


def _load(files: list[Path] | None) -> list[Path] | None:
    """Run the files, and what installed packages name, before the command looks at its names."""
    from dmdrepro.loading import load_file, load_packages

    with guarded():
        load_packages()
        for file in files or []:
            load_file(file)
    return files


# fmt: off
Load = option(list[Path] | None, "--load", metavar="FILE", callback=_load, about=
    "A Python file of yours that registers data sets, experiments, studies or measures. "
    "Repeatable.")
# fmt: on


def _slurm(name: str, what: str, kind: object = str | None, **more: object) -> object:
    return option(kind, f"--slurm{name and '-'}{name}", what, rich_help_panel="Slurm", **more)


SLURM = {
    "slurm": _slurm(
        "", "Submit to Slurm instead: one job for each teacher, then one for each student. If a "
        "job is preempted or out of time, it saves and resumes later. With --dry-run: show the "
        "jobs.", bool,
    ),
    "slurm_partition": _slurm("partition", "The jobs' partition."),
    "slurm_account": _slurm("account", "The account that the jobs are charged to."),
    "slurm_time": _slurm(
        "time", "Time limit of a job: 90 (minutes), 4:00:00 or 1-12 (days-hours). Default: 60."
    ),
    "slurm_gres": _slurm("gres", "Generic resources of a job, such as gpu:1."),
    "slurm_mem": _slurm("mem", "Memory of a job, such as 32G."),
    "slurm_array": _slurm(
        "array", "How many students of a teacher run at a time. Default: all.", int | None, min=1
    ),
    "slurm_setup": _slurm(
        "setup", "A shell line to run before each job, such as 'module load cuda'. Repeatable.",
        list[str] | None,
    ),
    "slurm_file": _slurm(
        "file", "A TOML file with partition, account, time, gres, mem, array, setup.",
        Path | None,
    ),
}  # fmt: skip
SHARED = {
    "experiments": Names,
    "size": Size,
    "gpu": Gpu,
    "seed": Seed,
    "seeds": Seeds,
    "runs": Runs,
    "data": DataDir,
    "weights": Weights,
    "offline": Offline,
    "dry_run": DryRun,
    "fresh": Fresh,
    "settings": Settings,
    "load": Load,
}
CHAIN = {
    "engine": Engine,
    "jobs": Jobs,
    "gpus_per_run": GpusPerRun,
    "log": Log,
    # What a process of --jobs is told (pipeline/processes.py): which chain of the command it makes.
    "stages": option(str | None, "--stages", "", hidden=True),
    "snapshot": option(int | None, "--snapshot", "", min=1, hidden=True),
    "threads": option(int | None, "--threads", "", min=1, hidden=True),
    "sharers": option(int, "--sharers", "", min=1, hidden=True),
    "lifeline": option(int | None, "--lifeline", "", min=0, hidden=True),
}


def given(request: Request) -> list[str]:
    """The options that differ from their defaults, as the user writes them."""
    differ = [f.name for f in fields(request) if getattr(request, f.name) not in (f.default, [])]
    return [written(name) for name in differ if name != "experiments"]


def written(name: str) -> str:
    """A field of a Request, as the user writes its option."""
    return "--set" if name == "settings" else f"--{name.replace('_', '-')}"


def takes_request(**options: object) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes `f(request, own_option=...)` a command as typer wants it: every option spelt out.

    `options`: of a Request, those that the command has, each with what typer is to know of it.
    """

    def made(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        defaults = {f.name: f.default for f in fields(Request)}

        def command(**given: object) -> None:
            request = Request(**{name: given.pop(name) for name in options})
            with guarded(how_to_go_on(request.fresh)):
                by_ranks(request, lambda: function(request, **given))

        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters = [
            inspect.Parameter(name, keyword, default=defaults[name], annotation=option)
            for name, option in options.items()
        ]
        parameters += [parameter.replace(kind=keyword) for parameter in own]
        command.__signature__ = inspect.Signature(parameters)
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        command.__doc__ = function.__doc__
        command.__name__ = function.__name__
        return command

    return made
