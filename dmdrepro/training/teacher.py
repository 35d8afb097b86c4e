"""The teacher: EDM's denoising score matching, snapshots of the EMA weights from one run."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from dmdrepro.diffusion import denoising_loss, lognormal_sigmas
from dmdrepro.experiments.config import Experiment, Teacher
from dmdrepro.runs.checkpoint import (
    optimiser_tensors,
    pack,
    restore_optimiser,
    unpack,
)
from dmdrepro.runs.layout import LOG, snapshot_file
from dmdrepro.runs.stage import Stage
from dmdrepro.runs.streams import generator
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.draws import one_hot
from dmdrepro.training.ema import ema_decay, update_ema
from dmdrepro.training.engine import as_it_is
from dmdrepro.training.optimiser import AdamW, Gradients, clipped_gradients
from dmdrepro.training.recorded import Losses, Step
from dmdrepro.training.session import Loop, Session


@dataclass(frozen=True)
class Inputs:
    """All that one step takes from outside."""

    x: torch.Tensor  # [B, ...]
    classes: torch.Tensor | None  # one-hot [B, classes]
    sigma: torch.Tensor  # [B]
    eps: torch.Tensor  # [B, ...]
    lr: torch.Tensor  # [] float32


def train_teacher(experiment: Experiment, dataset, stage: Stage, session: Session) -> list[str]:
    """Train to the last snapshot, going on from a saved state; returns the files made.

    `stage` is open (its configuration recorded). Each snapshot holds the EMA weights after
    exactly that many iterations.
    """
    settings, seed, device = experiment.teacher, experiment.seed, session.device
    dataset = dataset.to(device)
    denoiser = build_denoiser(experiment, device).train()
    optimiser = AdamW(denoiser.parameters(), settings, device)

    def trained():
        return pack(model=denoiser.state_dict(), optimiser=optimiser_tensors(optimiser))

    update = session.prepare(
        lambda compiled: training(denoiser, optimiser, settings, compiled), [denoiser], trained
    )
    ema = copy.deepcopy(denoiser).requires_grad_(False)
    total, done = settings.snapshots[-1], 0
    if (state := stage.load_state()) is not None:
        done, tensors = state
        denoiser.load_state_dict(unpack(tensors, "model"))
        ema.load_state_dict(unpack(tensors, "ema"))
        restore_optimiser(optimiser, unpack(tensors, "optimiser"))

    def everything():
        return trained() | pack(ema=ema.state_dict())

    loop = Loop(stage, session, seed, total, done)
    for step in range(done, total):
        (losses,) = update([draw_inputs(experiment, dataset, step, device)])
        update_ema(ema, denoiser, ema_decay(step + 1, settings.ema_fraction))
        loop.losses.add(step, **losses)

        if step + 1 in settings.snapshots:
            loop.keep(step + 1, snapshot_file(step + 1), ema.state_dict())
        loop.checkpoint(step + 1, everything)
    loop.close()
    return [LOG, *(snapshot_file(n) for n in settings.snapshots)]


def draw_inputs(experiment: Experiment, dataset, step: int, device: torch.device) -> Inputs:
    """The inputs of one step, a function of the seed and the step."""
    settings, draw = experiment.teacher, generator(experiment.seed, "teacher", step, device)
    x, labels = dataset.sample(settings.batch, draw)
    sigma = lognormal_sigmas(settings.batch, settings.p_mean, settings.p_std, draw)
    eps = torch.randn(x.shape, generator=draw, device=device)
    lr = settings.lr * min(1.0, (step + 1) / max(settings.warmup, 1))
    classes = one_hot(labels, dataset.classes)
    return Inputs(x, classes, sigma, eps, torch.full((), lr, device=device))


def training(denoiser, optimiser: AdamW, settings: Teacher, compiled: Callable = as_it_is) -> Step:
    """An engine's step, of a block of one: one update by denoising score matching."""
    gradients_ = compiled(teacher_gradients)

    def step(block: Sequence[Inputs]) -> Losses:
        (inputs,) = block
        losses, gradients = gradients_(denoiser, settings, inputs)
        optimiser.update(gradients, inputs.lr)
        return [losses]

    return step


def teacher_gradients(
    denoiser, settings: Teacher, inputs: Inputs
) -> tuple[dict[str, torch.Tensor], Gradients]:
    """The losses and the clipped gradients of the denoiser's parameters."""
    loss = denoising_loss(denoiser, inputs.x, inputs.sigma, inputs.eps, inputs.classes).mean()
    gradients, norm = clipped_gradients([loss], list(denoiser.parameters()), settings.grad_clip)
    return {"loss": loss.detach(), "grad_norm": norm}, gradients
