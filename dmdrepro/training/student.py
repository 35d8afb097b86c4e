"""The student: Distribution Matching Distillation in DMD2's order (design, section 4).

Iterations come in blocks of `student_every`. The first of a block updates the student, then the
fake score on the images made before that update; the others update the fake score alone. The
student does not change within them, so their images are drawn in one pass.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from dmdrepro.diffusion import SIGMA_MAX
from dmdrepro.distillation import (
    fake_gan_loss,
    fake_score_loss,
    regression_gradient,
    regression_target,
    score_difference,
    student_gan_loss,
)
from dmdrepro.experiments.config import Distill, Experiment
from dmdrepro.models.exact import ExactDenoiser
from dmdrepro.models.gan_head import GanHead
from dmdrepro.runs.checkpoint import (
    Tensors,
    optimiser_tensors,
    pack,
    restore_optimiser,
    unpack,
)
from dmdrepro.runs.layout import LOG, student_file
from dmdrepro.runs.stage import Stage
from dmdrepro.runs.streams import stream_seed
from dmdrepro.training.build import build_denoiser, exact_denoiser
from dmdrepro.training.draws import Draws, Inputs
from dmdrepro.training.engine import as_it_is
from dmdrepro.training.optimiser import AdamW, Gradients, clipped_gradients
from dmdrepro.training.recorded import Losses, Step
from dmdrepro.training.session import Loop, Session
from dmdrepro.training.start import initial_student


@dataclass
class Networks:
    """The real score (frozen), student, fake score, their optimisers, the optional GAN head."""

    teacher: torch.nn.Module
    student: torch.nn.Module
    fake: torch.nn.Module
    head: torch.nn.Module | None
    student_optimiser: AdamW
    fake_optimiser: AdamW

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
    student_optimiser = AdamW(student.parameters(), settings, device)
    fake_optimiser = AdamW(_with_head(fake, head), settings, device)
    return Networks(teacher, student, fake, head, student_optimiser, fake_optimiser)


def _with_head(fake: torch.nn.Module, head: torch.nn.Module | None) -> list[torch.nn.Parameter]:
    """The parameters of the fake score and of the head that is trained with it."""
    return [*fake.parameters(), *(() if head is None else head.parameters())]


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
        lambda compiled: distillation(nets, settings, compiled),
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
                loop.keep(kept, student_file(kept), nets.student.state_dict())
        loop.checkpoint(last, nets.state)
    loop.keep(settings.iterations, student_file(), nets.student.state_dict())
    loop.close()
    return [LOG, *map(student_file, settings.kept), student_file()]


def distillation(nets: Networks, settings: Distill, compiled: Callable = as_it_is) -> Step:
    """An engine's step: one student update and the fake score's updates up to the next one."""
    fake_gradients_, draw_images_ = compiled(fake_gradients), compiled(draw_images)
    # An exact denoiser looks at values, which a graph cannot hold.
    exact = isinstance(nets.teacher, ExactDenoiser)
    student_gradients_ = student_gradients if exact else compiled(student_gradients)

    def step(block: Sequence[Inputs]) -> Losses:
        first, *rest = block
        target = None
        if settings.regression_weight:
            target = regression_target(nets.teacher, first.z, first.classes)
        losses, x, gradients = student_gradients_(nets, settings, first, target)
        nets.student_optimiser.update(gradients, first.lr)
        images = [x]  # made before the update, as the public code does
        if rest:
            images += draw_images_(nets.student, rest)
        found = [losses, *({} for _ in rest)]
        for inputs, x, of_both in zip(block, images, found, strict=True):
            losses, gradients = fake_gradients_(nets, settings, inputs, x)
            nets.fake_optimiser.update(gradients, inputs.lr)
            of_both |= losses
        return found

    return step


@torch.no_grad()
def draw_images(student, block: Sequence[Inputs]) -> tuple[torch.Tensor, ...]:
    """G(z) [B, ...] of several iterations in one pass of the frozen student."""
    z = torch.cat([inputs.z for inputs in block])
    classes = None if block[0].classes is None else torch.cat([i.classes for i in block])
    return student(z, SIGMA_MAX, classes).split(len(block[0].z))


def student_gradients(
    nets: Networks, settings: Distill, inputs: Inputs, target: torch.Tensor | None
) -> tuple[dict[str, torch.Tensor], torch.Tensor, Gradients]:
    """Equation 3: the weighted score difference is the gradient with respect to the images.

    `target`: of the regression loss, if it is on. Returns the losses, the images [B, ...] and the
    gradients of the student's parameters, clipped.
    """
    classes, (sigma, eps) = inputs.classes, inputs.dm
    x = nets.student(inputs.z, SIGMA_MAX, classes)  # [B, ...]
    grad, loss_dm = score_difference(nets.teacher, nets.fake, x.detach(), eps, sigma, classes)
    losses = {"loss_dm": loss_dm.mean()}
    if target is not None:
        regression, losses["loss_regression"] = regression_gradient(x.detach(), target)
        grad = grad + settings.regression_weight * regression
    outputs, grad_outputs = [x], [grad / grad.numel()]
    if nets.head is not None:
        sigma, eps = inputs.gan_student
        loss_gan = student_gan_loss(nets.fake, nets.head, x, eps, sigma, classes)
        losses["loss_gan_student"] = loss_gan.detach()
        outputs, grad_outputs = [x, settings.gan_weight_student * loss_gan], [*grad_outputs, None]
    gradients, losses["grad_norm_student"] = clipped_gradients(
        outputs, list(nets.student.parameters()), settings.grad_clip, grad_outputs
    )
    return losses, x.detach(), gradients


def fake_gradients(
    nets: Networks, settings: Distill, inputs: Inputs, x: torch.Tensor
) -> tuple[dict[str, torch.Tensor], Gradients]:
    """Denoising score matching of the fake score on the student's images (and the GAN's loss).

    Returns the losses and the gradients of the fake score's (and the head's) parameters, clipped.
    """
    classes, (sigma, eps) = inputs.classes, inputs.fake
    loss = fake_score_loss(nets.fake, x, eps, sigma, classes)
    losses = {"loss_fake": loss.detach()}
    if nets.head is not None:
        (sigma, eps), real = inputs.gan_fake, inputs.real
        loss_gan = fake_gan_loss(
            nets.fake, nets.head, x, real.x, eps, real.eps, sigma, real.sigma, classes, real.classes
        )
        losses["loss_gan_fake"] = loss_gan.detach()
        loss = loss + settings.gan_weight_fake * loss_gan
    gradients, losses["grad_norm_fake"] = clipped_gradients(
        [loss], _with_head(nets.fake, nets.head), settings.grad_clip
    )
    return losses, gradients
