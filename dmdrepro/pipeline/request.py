"""What the user asked for, and the experiments that this means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dmdrepro.experiments import (
    REGISTRY,
    ConfigError,
    Experiment,
    build,
    check_name,
    nearest,
    parse_overrides,
)
from dmdrepro.experiments.registry import field_names
from dmdrepro.pipeline.paths import check_folder
from dmdrepro.runs.errors import RunError

# Made before the others: what the paper is about, then what takes long.
FIRST = ("chessboard", "mnist", "mnist-conditional", "mlp-manifold")


@dataclass(frozen=True)
class Request:
    """What the user asked for, unchecked; each field is an option of the command line."""

    experiments: list[str] | None = None
    size: str | None = None
    gpu: str | None = None
    seed: int = 0
    runs: Path = Path("runs")
    data: Path | None = None
    offline: bool = False
    dry_run: bool = False
    fresh: bool = False
    settings: list[str] | None = None
    engine: str = "auto"
    jobs: int | None = None
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


def check_request(request: Request) -> None:
    """Raise RunError for a device, a folder of runs or of data that cannot be."""
    gpu = request.gpu
    if gpu is not None and gpu != "cpu" and not gpu.isdecimal():
        raise RunError(f"--gpu {gpu} is neither a GPU's number nor cpu.")
    check_folder("--runs", request.runs)
    if request.data is not None and not request.data.is_dir():
        raise RunError(f"--data {request.data} is not a folder; name one with MNIST's IDX files.")


def default_size(gpu: str | None) -> str:
    """paper with a GPU, laptop without."""
    if gpu == "cpu":
        return "laptop"
    import torch

    return "paper" if gpu is not None or torch.cuda.is_available() else "laptop"


def resolve(request: Request) -> tuple[list[Experiment], list[str]]:
    """The experiments asked for, resolved, and remarks; raises ConfigError."""
    for name in request.names:
        check_name(name)
    size = default_size(request.gpu) if request.size is None else request.size
    every = sorted(REGISTRY, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    names = request.names or [name for name in every if size in REGISTRY[name].sizes()]
    names = names or every  # the first says that there is no such size
    overrides = parse_overrides(request.settings or [])
    plain = {name: build(name, size, request.seed) for name in dict.fromkeys(names)}
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
        build(name, size, request.seed, {k: v for k, v in overrides.items() if k in known[name]})
        for name in plain
    ]
    return experiments, remarks
