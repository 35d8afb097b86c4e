"""The student: Distribution Matching Distillation in DMD2's order (design, section 4).

Iterations come in blocks of `student_every`. The first of a block updates the student, then the
fake score on the images made before that update; the others update the fake score alone. The
student does not change within them, so their images are drawn in one pass.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from dmdrepro.diffusion import SIGMA_MAX
from dmdrepro.distillation import (
    fake_gan_loss,
    fake_score_loss,
    regression_gradient,
    score_difference,
    student_gan_loss,
)
from dmdrepro.experiments.config import Distill, Experiment
from dmdrepro.models import ExactDenoiser, GanHead
from dmdrepro.runs.checkpoint import (
    Tensors,
    optimiser_tensors,
    pack,
    restore_optimiser,
    save_tensors,
    unpack,
)
from dmdrepro.runs.layout import LOG, student_file
from dmdrepro.runs.stage import Stage
from dmdrepro.runs.streams import stream_seed
from dmdrepro.training.build import build_denoiser, exact_denoiser
from dmdrepro.training.draws import Draws, Inputs
from dmdrepro.training.optimiser import adamw, clipped_step
from dmdrepro.training.recorded import Losses
from dmdrepro.training.session import Loop, Session
from dmdrepro.training.start import initial_student


@dataclass
class Networks:
    """The real score (frozen), student, fake score, their optimisers, the optional GAN head."""

    teacher: torch.nn.Module
    student: torch.nn.Module
    fake: torch.nn.Module
    head: torch.nn.Module | None
    student_optimiser: torch.optim.Optimizer
    fake_optimiser: torch.optim.Optimizer

    def state(self) -> Tensors:
        return pack(
            student=self.student.state_dict(),
            fake=self.fake.state_dict(),
            student_optimiser=optimiser_tensors(self.student_optimiser),
            fake_optimiser=optimiser_tensors(self.fake_optimiser),
            head={} if self.head is None else self.head.state_dict(),
        )

    def denoisers(self) -> list[torch.nn.Module]:
        """Those that are networks."""
        exact = isinstance(self.teacher, ExactDenoiser)
        return [*(() if exact else (self.teacher,)), self.student, self.fake]

    def restore(self, tensors: Tensors) -> None:
        self.student.load_state_dict(unpack(tensors, "student"))
        self.fake.load_state_dict(unpack(tensors, "fake"))
        restore_optimiser(self.student_optimiser, unpack(tensors, "student_optimiser"))
        restore_optimiser(self.fake_optimiser, unpack(tensors, "fake_optimiser"))
        if self.head is not None:
            self.head.load_state_dict(unpack(tensors, "head"))


def initial_networks(experiment: Experiment, weights: Tensors, device: torch.device) -> Networks:
    """Student and fake score both start as the teacher (section 2.2), unless set otherwise.

    `weights`: the trained teacher's.
    """
    settings = experiment.distill
    teacher = build_denoiser(experiment, device)
    teacher.load_state_dict(weights)
    student, fake = initial_student(experiment, teacher), copy.deepcopy(teacher).train()
    if settings.real_score == "exact":
        teacher = exact_denoiser(experiment)
    teacher = teacher.eval().requires_grad_(False)
    head = None
    if settings.gan:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(stream_seed(experiment.seed, "gan-head"))
            head = GanHead(fake.feature_shape).to(device)
    fake_parameters = [*fake.parameters(), *(head.parameters() if head else ())]
    return Networks(
        teacher,
        student,
        fake,
        head,
        adamw(student.parameters(), settings, device),
        adamw(fake_parameters, settings, device),
    )


def distill_student(
    experiment: Experiment, snapshot: int, weights: Tensors, dataset, stage: Stage, session: Session
) -> list[str]:
    """Distil the teacher `weights`, going on from a saved state; returns the files made."""
    settings, device = experiment.distill, session.device
    dataset = dataset.to(device)
    nets = initial_networks(experiment, weights, device)
    draws = Draws(experiment, snapshot, dataset, device)
    exact = "an exact denoiser (distill.real_score=exact) cannot be recorded as a graph"
    step = session.prepare(
        lambda block: distill_block(nets, settings, block),
        nets.denoisers(),
        nets.state,
        exact if settings.real_score == "exact" else "",
    )
    done = 0
    if (state := stage.load_state()) is not None:
        done, tensors = state
        nets.restore(tensors)
    loop = Loop(stage, session, experiment.seed, settings.iterations, done)
    for first in range(done, settings.iterations, settings.student_every):
        last = min(first + settings.student_every, settings.iterations)
        for it, losses in enumerate(step(draws.block(range(first, last))), first):
            loop.losses.add(it, **losses)
        for kept in settings.kept:  # within a block the student stays what its first update made
            if first < kept <= last:
                loop.losses.flush()
                save_tensors(stage.folder / student_file(kept), nets.student.state_dict())
                stage.vouch(student_file(kept))
        loop.checkpoint(last, nets.state)
    loop.close()
    save_tensors(stage.folder / student_file(), nets.student.state_dict())
    return [LOG, *map(student_file, settings.kept), student_file()]


def distill_block(nets: Networks, settings: Distill, block: Sequence[Inputs]) -> Losses:
    """One generator update and the fake-score updates up to the next one: an engine's step."""
    first, *rest = block
    x = nets.student(first.z, SIGMA_MAX, first.classes)  # [B, ...]
    losses = [student_update(nets, settings, first, x), *({} for _ in rest)]
    images = [x.detach()]  # made before the update, as the public code does
    if rest:
        images += draw_images(nets.student, rest)
    for inputs, x, found in zip(block, images, losses, strict=True):
        found |= fake_update(nets, settings, inputs, x)
    return losses


@torch.no_grad()
def draw_images(student, block: Sequence[Inputs]) -> tuple[torch.Tensor, ...]:
    """G(z) [B, ...] of several iterations in one pass of the frozen student."""
    z = torch.cat([inputs.z for inputs in block])
    classes = None if block[0].classes is None else torch.cat([i.classes for i in block])
    return student(z, SIGMA_MAX, classes).split(len(block[0].z))


def student_update(nets: Networks, settings: Distill, inputs: Inputs, x: torch.Tensor) -> dict:
    """Equation 3: the weighted score difference is the gradient with respect to the images."""
    classes, (sigma, eps) = inputs.classes, inputs.dm
    grad, loss_dm = score_difference(nets.teacher, nets.fake, x.detach(), eps, sigma, classes)
    losses = {"loss_dm": loss_dm.mean()}
    if settings.regression_weight:
        regression, loss = regression_gradient(nets.teacher, inputs.z, x.detach(), classes)
        losses["loss_regression"] = loss
        grad = grad + settings.regression_weight * regression
    nets.student_optimiser.zero_grad()
    if nets.head is None:
        x.backward(grad / grad.numel())
    else:
        nets.fake_optimiser.zero_grad()  # it gets gradients too, which a record must not add to old
        sigma, eps = inputs.gan_student
        loss_gan = student_gan_loss(nets.fake, nets.head, x, eps, sigma, classes)
        weighted = settings.gan_weight_student * loss_gan
        torch.autograd.backward([x, weighted], [grad / grad.numel(), None])
        losses["loss_gan_student"] = loss_gan.detach()
    losses["grad_norm_student"] = clipped_step(
        nets.student_optimiser, nets.student.parameters(), settings.grad_clip, inputs.lr
    )
    return losses


def fake_update(nets: Networks, settings: Distill, inputs: Inputs, x: torch.Tensor) -> dict:
    """Denoising score matching of the fake score on the student's images (and the GAN's loss)."""
    classes, (sigma, eps) = inputs.classes, inputs.fake
    nets.fake_optimiser.zero_grad()
    loss = fake_score_loss(nets.fake, x, eps, sigma, classes)
    losses = {"loss_fake": loss.detach()}
    parameters = list(nets.fake.parameters())
    if nets.head is not None:
        (sigma, eps), real = inputs.gan_fake, inputs.real
        loss_gan = fake_gan_loss(
            nets.fake, nets.head, x, real.x, eps, real.eps, sigma, classes, real.classes
        )
        losses["loss_gan_fake"] = loss_gan.detach()
        loss = loss + settings.gan_weight_fake * loss_gan
        parameters += nets.head.parameters()
    loss.backward()
    losses["grad_norm_fake"] = clipped_step(
        nets.fake_optimiser, parameters, settings.grad_clip, inputs.lr
    )
    return losses
