"""What the user asked for, and the experiments that this means."""

import re
from dataclasses import dataclass, fields
from pathlib import Path

from dmdrepro.experiments import REGISTRY, ConfigError, Experiment
from dmdrepro.experiments.registry import build, check_name, field_names, nearest, parse_overrides
from dmdrepro.pipeline.paths import check_folder
from dmdrepro.pipeline.ranks import this_rank
from dmdrepro.runs.errors import RunError
from dmdrepro.watching import check_log

# Made before the others: what the paper is about, then what takes long.
FIRST = ("chessboard", "mnist", "mnist-conditional", "mlp-manifold")
MOST_NUMBERS = 1000  # in one range of a list


@dataclass(frozen=True)
class Request:
    """What the user asked for, unchecked; each field is an option of the command line."""

    experiments: list[str] | None = None
    size: str | None = None
    gpu: str | None = None
    seed: int = 0
    seeds: str | None = None  # several instead, such as 0-4 or 0,2,5
    runs: Path = Path("runs")
    data: Path | None = None
    weights: Path | None = None
    offline: bool = False
    dry_run: bool = False
    fresh: bool = False
    settings: list[str] | None = None
    load: list[Path] | None = None  # files that register experiments, studies, measures
    engine: str = "auto"
    jobs: int | None = None
    gpus_per_run: int | None = None  # ranks of one training, which torchrun starts
    log: str | None = None  # curves to look at: tensorboard, wandb
    slurm: bool = False  # submitted as jobs instead of run here (pipeline/slurm.py)
    slurm_partition: str | None = None
    slurm_account: str | None = None
    slurm_time: str | None = None
    slurm_gres: str | None = None
    slurm_mem: str | None = None
    slurm_array: int | None = None
    slurm_setup: list[str] | None = None
    slurm_file: Path | None = None  # TOML with these
    snapshot: int | None = None  # teacher iterations: the students of that teacher alone
    # Of a process that makes one chain of a command (pipeline/processes.py).
    stages: str | None = None  # of the command these alone; then no figures, tables and page
    threads: int | None = None
    sharers: int = 1  # processes that share the memory
    lifeline: int | None = None  # a file descriptor; the work stops when its other end is closed

    @property
    def names(self) -> list[str]:
        """The experiments named; empty for all."""
        return self.experiments or []

    @property
    def gpus(self) -> tuple[int, ...]:
        """The GPUs' numbers, none of `cpu` and of the default; raises RunError."""
        if self.gpu in (None, "cpu"):
            return ()
        if (numbers := whole_numbers(self.gpu)) is None:
            raise RunError(
                f"--gpu {self.gpu} is neither a GPU's number nor cpu; several: 0,2 or 0-7."
            )
        return numbers

    @property
    def ranks(self) -> int:
        """How many processes make one training together, of this command or of those it starts."""
        rank = this_rank()
        return self.gpus_per_run or (1 if rank is None else rank.size)

    @property
    def own_gpu(self) -> str | None:
        """The device of this process, as `--gpu` takes it."""
        rank = this_rank()
        if rank is None or not has_gpu(self.gpu):
            return self.gpu
        return str((self.gpus or range(rank.local_size))[rank.local])

    @property
    def devices(self) -> tuple[str, ...]:
        """What trainings are made on side by side, as `--gpu` takes each; none: in this process."""
        size = self.gpus_per_run or 1
        if this_rank() is not None or (size == 1 and len(self.gpus) < 2):
            return ()
        if not self.gpus and not has_gpu(self.gpu):
            return ("cpu",)
        numbers = [str(number) for number in self.gpus or range(size)]
        return tuple(",".join(numbers[i : i + size]) for i in range(0, len(numbers), size))

    @property
    def every_seed(self) -> tuple[int, ...]:
        """The seeds asked for; raises RunError."""
        return (self.seed,) if self.seeds is None else parsed_seeds(self.seeds)


def parsed_seeds(words: str) -> tuple[int, ...]:
    """The seeds that `--seeds` names; raises RunError."""
    seeds = whole_numbers(words)
    if seeds is None:
        raise RunError(
            f"--seeds {words} is not a list of different whole numbers from 0 on, such as 0-4 or "
            "0,2,5."
        )
    return seeds


def whole_numbers(words: str) -> tuple[int, ...] | None:
    """`0,2,5`, `0-4` or both, such as `0-2,7`; None if they are not, or name a number twice."""
    found: list[int] = []
    for part in words.split(","):
        match = re.fullmatch(r"([0-9]{1,18})(?:-([0-9]{1,18}))?", part.strip())
        first, last = (0, -1) if match is None else (int(match[1]), int(match[2] or match[1]))
        if not first <= last < first + MOST_NUMBERS:
            return None
        found += range(first, last + 1)
    return tuple(found) if len({*found}) == len(found) else None


def check_request(request: Request) -> None:
    """Raise RunError for a device, seeds, a folder of runs or of data that cannot be."""
    _check_devices(request)
    of_slurm = {f.name for f in fields(request) if f.name.startswith("slurm_")}
    alone = sorted(name for name in of_slurm if getattr(request, name))
    if alone and not request.slurm:
        raise RunError(f"--{alone[0].replace('_', '-')} goes with --slurm.")
    if request.slurm and (request.jobs is not None or request.gpus):
        raise RunError(
            "--slurm makes one job of each chain; leave out --jobs and GPUs' numbers, and ask for "
            "a GPU with --slurm-gres gpu:1."
        )
    if request.seeds is not None and request.seed:
        raise RunError("--seed and --seeds were both given; give one of the two.")
    check_log(request.log)
    check_folder("--runs", request.runs)
    if request.data is not None and not request.data.is_dir():
        raise RunError(f"--data {request.data} is not a folder; name one with MNIST's IDX files.")


def _check_devices(request: Request) -> None:
    rank, size, gpus = this_rank(), request.gpus_per_run or 1, len(request.gpus)
    if rank is not None:
        words = f"torchrun has started {rank.size} processes of this command"
        if request.gpus_per_run is not None or request.slurm or (request.jobs or 1) > 1:
            raise RunError(f"{words}; leave out --gpus-per-run, --jobs and --slurm.")
        if 0 < gpus < rank.local_size:
            raise RunError(f"{words}, and --gpu {request.gpu} names {gpus} GPUs; a GPU each.")
        return
    if gpus % size:
        raise RunError(
            f"--gpus-per-run {size}: --gpu {request.gpu} names {gpus} GPUs, which is no multiple."
        )
    if gpus > 1 and request.jobs is not None:
        raise RunError("--jobs is for a CPU; several GPUs have a process each. Leave out --jobs.")
    if size > 1 and (request.jobs or 1) > 1:
        raise RunError("On a CPU --gpus-per-run makes one training at a time; leave out --jobs.")


def default_size(gpu: str | None) -> str:
    """paper with a GPU, laptop without."""
    return "paper" if has_gpu(gpu) else "laptop"


def has_gpu(gpu: str | None) -> bool:
    """Whether `--gpu` means one."""
    if gpu is not None:
        return gpu != "cpu"
    import torch

    return torch.cuda.is_available()


def resolve(request: Request) -> tuple[list[Experiment], list[str]]:
    """The experiments asked for, resolved at the first seed, and remarks; raises ConfigError."""
    for name in request.names:
        check_name(name)
    size = default_size(request.gpu) if request.size is None else request.size
    every = sorted(REGISTRY, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    names = request.names or [name for name in every if size in REGISTRY[name].sizes()]
    names = names or every  # the first says that there is no such size
    overrides = parse_overrides(request.settings or [])
    seed = request.every_seed[0]
    plain = {name: build(name, size, seed) for name in dict.fromkeys(names)}
    known = {name: field_names(experiment) for name, experiment in plain.items()}
    remarks = []
    for dotted in overrides:
        having = [name for name in plain if dotted in known[name]]
        if not having:
            everything = sorted({field for fields in known.values() for field in fields})
            raise ConfigError(
                f"No experiment has a field {dotted!r}; {nearest(dotted, everything)}"
            )
        if len(having) < len(plain):
            without = ", ".join(name for name in plain if name not in having)
            remarks.append(f"--set {dotted} does not apply to {without}.")
    experiments = [
        build(name, size, seed, {k: v for k, v in overrides.items() if k in known[name]})
        for name in plain
    ]
    return experiments, remarks
