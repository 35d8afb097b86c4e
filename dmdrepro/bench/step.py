"""A distillation iteration against a plain eager loop of the same work."""

from __future__ import annotations

import time

import torch

from dmdrepro.bench.plain import plain_iteration
from dmdrepro.experiments import Experiment, build
from dmdrepro.training.build import build_denoiser, image_shape
from dmdrepro.training.student import Draws, distill_block, initial_networks


class ShapeOnly:
    """All that distillation asks of a data set without GAN: a shape and a number of classes."""

    def __init__(self, experiment: Experiment) -> None:
        self.shape, self.label_dim = image_shape(experiment.data)


def time_iterations(
    experiment: Experiment, device: torch.device, iterations: int, *, plain: bool
) -> float:
    """Seconds an iteration, after one block of warm-up; from freshly initialised networks."""
    nets = initial_networks(experiment, build_denoiser(experiment).state_dict(), device)
    draws = Draws(experiment, 0, ShapeOnly(experiment), device)
    every = experiment.distill.student_every

    def run(first: int, last: int) -> None:
        if plain:
            for it in range(first, last):
                plain_iteration(nets, draws, it)
        else:
            for it in range(first, last, every):
                distill_block(nets, draws, range(it, it + every), lambda *_, **__: None)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    run(0, every)
    start = time.perf_counter()
    run(every, every + iterations)
    return (time.perf_counter() - start) / iterations


def step_rows(device: torch.device, *, quick: bool):
    """Rows for a toy and for MNIST, ours and the plain loop in turns, the best of each."""
    size = "paper" if device.type == "cuda" else "laptop"
    for name in ("chessboard", "mnist"):
        experiment = build(name, "smoke" if quick else size)
        count = 5 * (2 if quick else 10)
        ours, plain = [], []
        for _ in range(1 if quick else 3):
            ours.append(time_iterations(experiment, device, count, plain=False))
            plain.append(time_iterations(experiment, device, count, plain=True))
        label = f"distillation iteration, {name}, size {experiment.size}"
        yield label, min(ours), "plain eager loop", min(plain)
