"""The teacher: EDM's denoising score matching, snapshots of the EMA weights from one run."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch

from dmdrepro.data import Data
from dmdrepro.diffusion import denoising_loss, lognormal_sigmas
from dmdrepro.experiments.config import Experiment, Teacher
from dmdrepro.runs.layout import LOG, snapshot_file
from dmdrepro.runs.stage import Stage
from dmdrepro.runs.streams import generator
from dmdrepro.training.average import ema_decay, update_ema
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.copies import copied, used_weights
from dmdrepro.training.draws import one_hot
from dmdrepro.training.optimiser import AdamW, Gradients, clipped_gradients
from dmdrepro.training.session import Session, open_loop
from dmdrepro.training.step import Losses, Step


@dataclass(frozen=True)
class TeacherInputs:
    """All that one step takes from outside."""

    x: torch.Tensor  # [B, ...]
    classes: torch.Tensor | None  # one-hot [B, classes]
    sigma: torch.Tensor  # [B]
    eps: torch.Tensor  # [B, ...]
    lr: torch.Tensor  # [] float32
    newest: torch.Tensor  # [] float32, the weight of the step's own network in the average


def train_teacher(
    experiment: Experiment, dataset: Data, stage: Stage, session: Session
) -> list[str]:
    """Train to the last snapshot, going on from a saved state; returns the files made.

    `stage` is open (its configuration recorded). Each snapshot holds the EMA weights after
    exactly that many iterations.
    """
    settings, device = experiment.teacher, session.device
    dataset = dataset.to(device)
    denoiser = build_denoiser(experiment, device).train()
    step = Denoising(denoiser, settings, device)
    update = session.prepare(step, experiment, "teacher")
    total, rate = settings.snapshots[-1], partial(learning_rate, settings)
    loop = open_loop(stage, session, experiment.seed, total, step.parts, rate)
    for it in loop.left():
        (losses,) = update([draw_inputs(experiment, dataset, it, device)])
        loop.losses.add(it, **losses)
        if it + 1 in settings.snapshots:
            loop.keep(it + 1, snapshot_file(it + 1), step.ema.state_dict())
        loop.checkpoint(it + 1)
    loop.close()
    return [LOG, *(snapshot_file(n) for n in settings.snapshots)]


def learning_rate(settings: Teacher, step: int) -> float:
    """Linear over `warmup` iterations, then constant."""
    return settings.lr * min(1.0, (step + 1) / max(settings.warmup, 1))


def draw_inputs(
    experiment: Experiment, dataset: Data, step: int, device: torch.device
) -> TeacherInputs:
    """The inputs of one step, a function of the seed and the step."""
    settings, draw = experiment.teacher, generator(experiment.seed, "teacher", step, device)
    x, labels = dataset.sample(settings.batch, draw)
    sigma = lognormal_sigmas(settings.batch, settings.p_mean, settings.p_std, draw)
    eps = torch.randn(x.shape, generator=draw, device=device)
    lr = learning_rate(settings, step)
    classes = one_hot(labels, dataset.classes)
    newest = 1 - ema_decay(step + 1, settings.ema_fraction)
    numbers = (torch.full((), value, device=device) for value in (lr, newest))
    return TeacherInputs(x, classes, sigma, eps, *numbers)


class Denoising(Step):
    """One update of a denoiser, by denoising score matching, and of its average; blocks of one."""

    functions = ("gradients",)

    def __init__(self, denoiser, settings: Teacher, device: torch.device) -> None:
        self.denoiser, self.settings = denoiser, settings
        self.optimiser = AdamW(denoiser.parameters(), settings, device)
        self.ema = copy.deepcopy(denoiser).requires_grad_(False)
        self.parts = {"model": denoiser, "optimiser": self.optimiser, "ema": self.ema}
        self.denoisers = [denoiser, self.ema]  # laid out in memory alike

    def __call__(self, block: Sequence[TeacherInputs]) -> Losses:
        (inputs,) = block
        with copied([self.denoiser]):
            losses, gradients = self.gradients(inputs)
        self.optimiser.update(gradients, inputs.lr)
        update_ema(self.ema, self.denoiser, inputs.newest)
        return [losses]

    def gradients(self, inputs: TeacherInputs) -> tuple[dict[str, torch.Tensor], Gradients]:
        """The losses and the clipped gradients of the denoiser's parameters."""
        of_each = denoising_loss(self.denoiser, inputs.x, inputs.sigma, inputs.eps, inputs.classes)
        loss, parameters = of_each.mean(), used_weights(self.denoiser)
        gradients, norm = clipped_gradients(
            [loss], parameters, self.settings.grad_clip, ranks=self.ranks
        )
        return {"loss": loss.detach(), "grad_norm": norm}, gradients
