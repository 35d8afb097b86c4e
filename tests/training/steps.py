"""Small experiments to take steps of, and a stand-in for CUDA graphs where there is no GPU."""

from types import MappingProxyType

import torch

from dmdrepro.experiments import build
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.draws import Draws
from dmdrepro.training.step import Step, state_of
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


class Nothing(Step):
    """A step that trains nothing."""

    parts = MappingProxyType({})

    def __call__(self, block):
        return []


def blocks(draws, until, start=0):
    for first in range(start, until, 5):
        yield draws.block(range(first, min(first + 5, until)))


def student_step(name="mlp-manifold", **overrides):
    """A distillation, and the inputs of its first three blocks."""
    _, step, draws = given(name, **overrides)
    return step, list(blocks(draws, 12))


def numbers(found) -> list[float]:
    """The losses of a block, without their names."""
    return [float(value) for losses in found for value in losses.values()]


def same_state(a, b) -> bool:
    """Whether two steps have trained the same, to the bit."""
    pairs = zip(state_of(a.parts).values(), state_of(b.parts).values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def teacher_step(name, **overrides):
    """An update of an experiment's teacher, and the inputs of eight of them."""
    experiment = build(name, "smoke", overrides={"teacher.warmup": "0"} | overrides)
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
