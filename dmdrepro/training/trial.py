"""One way of executing a stage's step, tried on noise: whether its record is right, and how fast.

Run as a process of its own by `fastest.py`, which may end it: a compiler can take minutes or hang,
and what a record that failed leaves behind could spoil the training.
"""

from __future__ import annotations

import itertools
import pickle
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from dmdrepro.diffusion import lognormal_sigmas
from dmdrepro.experiments.config import Experiment
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.draws import Draws, one_hot
from dmdrepro.training.engine import Engine
from dmdrepro.training.recorded import WARM_UP
from dmdrepro.training.step import Step
from dmdrepro.training.student import Distillation
from dmdrepro.training.teacher import Denoising, TeacherInputs

TURNS = 5
Work = tuple[Step, Callable[[], Sequence], int]  # a step, its next inputs, iterations in them


def student_work(experiment: Experiment, device: torch.device) -> Work:
    """A distillation from freshly initialised networks."""
    step = Distillation(experiment, build_denoiser(experiment).state_dict(), device)
    draws, every = Draws(experiment, 0, experiment.data, device), experiment.distill.student_every
    firsts = itertools.count(0, every)

    def inputs() -> Sequence:
        first = next(firsts)
        return draws.block(range(first, first + every))

    return step, inputs, every


def teacher_work(experiment: Experiment, device: torch.device) -> Work:
    """A teacher on noise in the place of data, which costs the same."""
    settings, data = experiment.teacher, experiment.data
    step = Denoising(build_denoiser(experiment, device).train(), settings, device)
    draw = torch.Generator(device).manual_seed(0)

    def inputs() -> Sequence:
        x, eps = torch.randn((2, settings.batch, *data.shape), generator=draw, device=device)
        labels = torch.arange(settings.batch, device=device) % max(data.classes, 1)
        sigma = lognormal_sigmas(settings.batch, settings.p_mean, settings.p_std, draw)
        classes = one_hot(labels, data.classes) if data.classes else None
        numbers = (torch.full((), 1e-4, device=device) for _ in range(2))
        return [TeacherInputs(x, classes, sigma, eps, *numbers)]

    return step, inputs, 1


WORK = {"distill": student_work, "teacher": teacher_work}


def trial(experiment: Experiment, stage: str, way: str, device: torch.device) -> dict[str, object]:
    """{iteration_s, first_s} of the way, or {why} if its record is not the step to the bit."""
    said: list[str] = []
    step, inputs, iterations = WORK[stage](experiment, device)
    engine = replace(Engine.parse(way), auto=True)  # to the bit
    run = engine.prepare(step, lambda why, broken: said.append(why))

    def seconds(calls: int) -> float:
        begin = time.perf_counter()
        for _ in range(calls):
            run(inputs())
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - begin

    first_s = seconds(WARM_UP + 2)
    if said:
        return {"why": said[0]}
    times = sorted(seconds(1) for _ in range(TURNS))
    return {"iteration_s": times[TURNS // 2] / iterations, "first_s": first_s}


if __name__ == "__main__":
    import json

    from dmdrepro.training.device import select_device

    given = pickle.load(sys.stdin.buffer)
    print(json.dumps(trial(*given[:3], select_device(given[3]))), flush=True)
