"""A distillation iteration against a plain eager loop of the same work, trick by trick."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from dmdrepro.bench.plain import plain_iteration
from dmdrepro.experiments import Experiment, build
from dmdrepro.runs.errors import RunError
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.draws import Draws
from dmdrepro.training.engine import Engine
from dmdrepro.training.student import Distillation

PLAIN = "plain eager loop"


class Runner:
    """Iterations of one experiment, executed one way, from freshly initialised networks."""

    def __init__(self, experiment: Experiment, device: torch.device, engine: Engine | None) -> None:
        """`engine` None: the plain loop."""
        settings = experiment.distill
        self._nets = Distillation(experiment, build_denoiser(experiment).state_dict(), device)
        self._draws = Draws(experiment, 0, experiment.data, device)
        self._device, self._every, self._done = device, settings.student_every, 0
        self._step = None if engine is None else engine.prepare(self._nets)

    def seconds(self, blocks: int) -> float:
        """Of one iteration, over so many blocks of `student_every`."""
        start = time.perf_counter()
        for first in range(self._done, self._done + blocks * self._every, self._every):
            block = range(first, first + self._every)
            if self._step is not None:
                self._step(self._draws.block(block))
            else:
                for it in block:
                    plain_iteration(self._nets, self._draws, it)
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        self._done += blocks * self._every
        return (time.perf_counter() - start) / (blocks * self._every)


def ways(experiment: Experiment, device: torch.device) -> dict[str, tuple[Experiment, Engine]]:
    """What is compared with the plain loop, each trick alone and then together."""
    images = experiment.images
    low = replace(experiment, precision="bfloat16")
    found = {"eager": (experiment, Engine())}
    if images:
        found["channels-last"] = (experiment, Engine(channels_last=True))
    found["compiled"] = (experiment, Engine(compiled=True))
    if experiment.precision == "float32":
        found["bfloat16"] = (low, Engine())
        found["compiled, bfloat16"] = (low, Engine(compiled=True, channels_last=images))
    if device.type == "cuda":
        found["graphs"] = (experiment, Engine(graphs=True))
        together = Engine(compiled=True, graphs=True, channels_last=images)
        found[str(together)] = (experiment, together)
    return found


def step_rows(device: torch.device, *, quick: bool, say: Callable[[str], None]):
    """Rows for a toy and for MNIST: each way and the plain loop in turns, medians.

    Warm-up blocks, in which compilers and graphs are made, are not counted. `say` is told of a way
    that cannot be measured.
    """
    size = "smoke" if quick else "paper" if device.type == "cuda" else "laptop"
    blocks, turns = (1, 1) if quick else (4, 7)
    for name in ("chessboard", "mnist"):
        experiment = build(name, size)
        plain = Runner(experiment, device, None)
        compared = ways(experiment, device)
        for way in ("eager",) if quick else compared:
            changed, engine = compared[way]
            label = f"distillation iteration, {name}, size {experiment.size}: {way}"
            ours = Runner(changed, device, engine)
            try:
                plain.seconds(1), ours.seconds(5)
            except RunError as error:  # a way that this device or this torch does not have
                say(f"{label}: not measured: {error}")
                continue
            pairs = [(ours.seconds(blocks), plain.seconds(blocks)) for _ in range(turns)]
            ours_s, plain_s = (statistics.median(column) for column in zip(*pairs, strict=True))
            yield label, ours_s, PLAIN, plain_s
