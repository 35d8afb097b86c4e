"""Small experiments to take steps of, and a stand-in for CUDA graphs where there is no GPU."""

from __future__ import annotations

import torch

from dmdrepro.experiments import build
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.draws import Draws
from dmdrepro.training.student import Distillation
from dmdrepro.training.teacher import Denoising, draw_inputs

CPU = torch.device("cpu")
FAST = {"distill.warmup": "0", "distill.lr": "1e-3"}


def given(name="mlp-manifold", device=CPU, **overrides):
    """An experiment, its distillation away from its start, and the draws."""
    experiment = build(name, "smoke", overrides=FAST | overrides)
    torch.manual_seed(0)
    weights = build_denoiser(experiment).state_dict()
    # Fresh networks start with a zero output layer: move away from it.
    weights = {k: v + 0.05 * torch.randn_like(v) for k, v in weights.items()}
    dataset = experiment.data.make().to(device)
    step = Distillation(experiment, weights, device)
    return experiment, step, Draws(experiment, 7, dataset, device)


def blocks(draws, until, start=0, every=5):
    for first in range(start, until, every):
        yield draws.block(range(first, min(first + every, until)))


def numbers(found) -> list[float]:
    """The losses of a block, without their names."""
    return [float(value) for losses in found for value in losses.values()]


def teacher_step(name):
    """An update of an experiment's teacher, and the inputs of eight of them."""
    experiment = build(name, "smoke", overrides={"teacher.warmup": "0"})
    dataset = experiment.data.make()
    step = Denoising(build_denoiser(experiment).train(), experiment.teacher, CPU)
    return step, [[draw_inputs(experiment, dataset, k, CPU)] for k in range(8)]


def record_by(record, monkeypatch):
    """Let graphs be recorded by `record`, where there is no GPU."""
    monkeypatch.setattr("dmdrepro.training.recorded.record_graph", record)
    monkeypatch.setattr("dmdrepro.training.recorded.Aside", lambda: lambda call: call())


def rerun(work):
    """Stands in for a CUDA graph: the same inputs and outputs every time."""
    result = None

    def replay():
        nonlocal result
        found = work()
        result = found if result is None else result.copy_(found)
        return result

    return replay


def impossible(_):
    """Stands in for a graph that cannot be recorded."""
    try:
        raise ValueError("operation not permitted when stream is capturing.\nmore")
    finally:
        raise RuntimeError("due to an error before")  # as ending a broken capture does
