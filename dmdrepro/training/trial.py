"""One way of executing a stage's step, tried on noise: whether its record is right, and how fast.

Run as a process of its own by `fastest.py`, which may end it: a compiler can take minutes or hang,
and what a record that failed leaves behind could spoil the training.
"""

import itertools
import pickle
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from dmdrepro.data import Data
from dmdrepro.experiments.config import Experiment
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.device import seconds
from dmdrepro.training.draws import Draws
from dmdrepro.training.engine import Engine
from dmdrepro.training.recorded import WARM_UP
from dmdrepro.training.step import Step
from dmdrepro.training.student import Distillation
from dmdrepro.training.teacher import Denoising, draw_inputs

TURNS = 5
Work = tuple[Step, Iterator[Sequence], int]  # a step, its inputs, iterations in each of them


class Noise(Data):
    """Noise in the place of data, which costs the same."""

    def __init__(self, data: Data) -> None:
        self.shape, self.classes = data.shape, data.classes

    def sample(
        self, n: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        device = generator.device
        x = torch.randn((n, *self.shape), generator=generator, device=device)
        return x, torch.arange(n, device=device) % self.classes if self.classes else None


def student_work(experiment: Experiment, device: torch.device) -> Work:
    """A distillation from freshly initialised networks."""
    step = Distillation(experiment, build_denoiser(experiment).state_dict(), device)
    draws, every = Draws(experiment, 0, Noise(experiment.data), device), step.settings.student_every
    inputs = (draws.block(range(k, k + every)) for k in itertools.count(0, every))
    return step, inputs, every


def teacher_work(experiment: Experiment, device: torch.device) -> Work:
    """A freshly initialised teacher."""
    step = Denoising(build_denoiser(experiment, device).train(), experiment.teacher, device)
    noise = Noise(experiment.data)
    inputs = ([draw_inputs(experiment, noise, k, device)] for k in itertools.count())
    return step, inputs, 1


WORK = {"distill": student_work, "teacher": teacher_work}


def trial(experiment: Experiment, stage: str, way: str, device: torch.device) -> dict[str, object]:
    """{iteration_s, first_s} of the way, or {why} if its record is not the step to the bit."""
    said: list[str] = []
    step, inputs, iterations = WORK[stage](experiment, device)
    engine = replace(Engine.parse(way), auto=True)  # to the bit
    run = engine.prepare(step, lambda why, broken: said.append(why))

    first_s = seconds(lambda: [run(next(inputs)) for _ in range(WARM_UP + 2)], device)
    if said:
        return {"why": said[0]}
    times = sorted(seconds(lambda: run(next(inputs)), device) for _ in range(TURNS))
    return {"iteration_s": times[TURNS // 2] / iterations, "first_s": first_s}


if __name__ == "__main__":
    import json

    from dmdrepro.training.device import select_device

    given = pickle.load(sys.stdin.buffer)
    print(json.dumps(trial(*given[:3], select_device(given[3]))), flush=True)
