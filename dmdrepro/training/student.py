"""The student: Distribution Matching Distillation in DMD2's order (docs/choices.md).

Iterations come in blocks of `student_every`: the student is updated every 5 iterations (appendix
D). The first of a block updates the student, then the fake score on the images made before that
update; the others update the fake score alone. The student does not change within them, so their
images are drawn in one pass.
"""

import copy
from collections.abc import Sequence

import torch

from dmdrepro.data import Data
from dmdrepro.diffusion import SIGMA_MAX, denoising_loss
from dmdrepro.distillation import (
    fake_gan_loss,
    gan_logits,
    regression_gradient,
    regression_target,
    score_difference,
    student_gan_loss,
)
from dmdrepro.experiments.config import Experiment
from dmdrepro.models.gan_head import GanHead
from dmdrepro.runs.checkpoint import Tensors, put_weights
from dmdrepro.runs.layout import LOG, student_file
from dmdrepro.runs.stage import Stage
from dmdrepro.runs.streams import stream_seed
from dmdrepro.training.average import StudentAverage
from dmdrepro.training.build import build_denoiser, exact_denoiser
from dmdrepro.training.copies import copied, copy_weights, used_weights
from dmdrepro.training.draws import Draws, StudentInputs
from dmdrepro.training.optimiser import AdamW, Gradients, clipped_gradients
from dmdrepro.training.session import Session, open_loop
from dmdrepro.training.start import initial_student
from dmdrepro.training.step import Losses, Step


def distill_student(
    experiment: Experiment,
    snapshot: int,
    weights: Tensors,
    dataset: Data,
    stage: Stage,
    session: Session,
) -> list[str]:
    """Distil the teacher `weights`, going on from a saved state; returns the files made.

    `dataset`: real data for the adversarial loss; without it the settings do, which know their
    shape and number of classes.
    """
    settings, device = experiment.distill, session.device
    step = Distillation(experiment, weights, device)
    draws = Draws(experiment, snapshot, dataset.to(device), device)
    update = session.prepare(step, experiment, "distill")
    average = StudentAverage(step.student, settings)
    parts = step.parts | ({"average": average.weights} if settings.average_from else {})
    total, rate = settings.iterations, draws.learning_rate
    loop = open_loop(stage, session, experiment.seed, total, parts, rate)
    if loop.done in (0, *settings.kept):  # the picture of a step that TensorBoard takes back
        loop.watch.show(loop.done, average.at(loop.done), experiment)
    for block in loop.blocks(settings.student_every):
        for it, losses in zip(block, update(draws.block(block)), strict=True):
            loop.losses.add(it, **losses)
        average.add(block.start)
        for kept in settings.kept:  # within a block the student stays what its first update made
            if block.start < kept <= block.stop:
                loop.keep(kept, student_file(kept), average.at(kept).state_dict())
                loop.watch.show(kept, average.at(kept), experiment)
        loop.checkpoint(block.stop)
    loop.keep(total, student_file(), average.at(total).state_dict())
    loop.watch.show(total, average.at(total), experiment)
    loop.close()
    return [LOG, *map(student_file, settings.kept), student_file()]


class Distillation(Step):
    """One student update and the fake score's updates up to the next one.

    The networks: `teacher`, the real score (frozen), `student`, `fake`, the fake score, and the
    optional GAN's `head`. Student and fake score both start as the teacher (section 2.2), unless
    set otherwise.
    """

    functions = ("student_gradients", "fake_gradients", "draw_images")

    def __init__(self, experiment: Experiment, weights: Tensors, device: torch.device) -> None:
        """`weights`: the trained teacher's."""
        self.settings = settings = experiment.distill
        teacher = build_denoiser(experiment, device)
        put_weights(teacher, weights, "The teacher's snapshot")
        self.student = initial_student(experiment, teacher)
        self.fake = copy.deepcopy(teacher).train()
        self.denoisers = [self.student, self.fake]
        if settings.real_score == "exact":  # it looks at values, which a graph cannot hold
            teacher, self.functions = exact_denoiser(experiment), self.functions[1:]
            self.no_graphs = (
                "an exact denoiser (distill.real_score=exact) cannot be recorded as a graph"
            )
        else:
            self.denoisers = [teacher, *self.denoisers]
        self.teacher = teacher.eval().requires_grad_(False)
        self.head = None
        if settings.gan:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(stream_seed(experiment.seed, "gan-head"))
                self.head = GanHead(self.fake.feature_shape).to(device)
        # With the GAN a fake score's weights are used twice, and rounded each time by itself.
        self._copied = [self.student, self.teacher, *([self.fake] if self.head is None else [])]
        self.student_optimiser = AdamW(self.student.parameters(), settings, device)
        fake_weights = [*self.fake.parameters(), *self._of_head()]
        self.fake_optimiser = AdamW(fake_weights, settings, device)
        self.parts = {
            "student": self.student,
            "fake": self.fake,
            "student_optimiser": self.student_optimiser,
            "fake_optimiser": self.fake_optimiser,
        } | ({} if self.head is None else {"head": self.head})

    def _of_head(self) -> list[torch.nn.Parameter]:
        """The weights that are trained with the fake score's."""
        return [] if self.head is None else list(self.head.parameters())

    def __call__(self, block: Sequence[StudentInputs]) -> Losses:
        with copied(self._copied):
            return self._block(block)

    def _block(self, block: Sequence[StudentInputs]) -> Losses:
        first, *rest = block  # the one student update in student_every iterations
        target = None
        if self.settings.regression_weight:
            target = regression_target(self.teacher, first.z, first.classes)
        losses, x, gradients = self.student_gradients(first, target)
        self.student_optimiser.update(gradients, first.lr)
        copy_weights(self.student)
        images = [x]  # made before the update, as the public code does
        if rest:
            images += self.draw_images(rest)
        found = [losses, *({} for _ in rest)]
        for inputs, x, of_both in zip(block, images, found, strict=True):
            losses, gradients = self.fake_gradients(inputs, x)
            self.fake_optimiser.update(gradients, inputs.lr)
            if self.head is None:
                copy_weights(self.fake)
            of_both |= losses
        return found

    @torch.no_grad()
    def draw_images(self, block: Sequence[StudentInputs]) -> tuple[torch.Tensor, ...]:
        """G(z) [B, ...] of several iterations in one pass of the frozen student."""
        z = torch.cat([inputs.z for inputs in block])
        classes = None if block[0].classes is None else torch.cat([i.classes for i in block])
        return self.student(z, SIGMA_MAX, classes).split(len(block[0].z))

    def student_gradients(
        self, inputs: StudentInputs, target: torch.Tensor | None
    ) -> tuple[dict[str, torch.Tensor], torch.Tensor, Gradients]:
        """Equation 3: the weighted score difference is the gradient with respect to the images.

        `target`: of the regression loss, if it is on. Returns the losses, the images [B, ...] and
        the gradients of the student's parameters, clipped.
        """
        settings, classes, (sigma, eps) = self.settings, inputs.classes, inputs.dm
        x = self.student(inputs.z, SIGMA_MAX, classes)  # [B, ...]
        grad, loss_dm = score_difference(self.teacher, self.fake, x.detach(), eps, sigma, classes)
        losses = {"loss_dm": loss_dm.mean()}
        if target is not None:
            regression, losses["loss_regression"] = regression_gradient(x.detach(), target)
            grad = grad + settings.regression_weight * regression
        outputs, grad_outputs = [x], [grad / grad.numel()]
        if self.head is not None:
            logits = gan_logits(self.fake, self.head, x, *inputs.gan_student, classes)
            loss_gan = student_gan_loss(logits)
            losses["loss_gan_student"] = loss_gan.detach()
            outputs.append(settings.gan_weight_student * loss_gan)
            grad_outputs.append(None)
        gradients, losses["grad_norm_student"] = clipped_gradients(
            outputs, used_weights(self.student), settings.grad_clip, grad_outputs, self.ranks
        )
        return losses, x.detach(), gradients

    def fake_gradients(
        self, inputs: StudentInputs, x: torch.Tensor
    ) -> tuple[dict[str, torch.Tensor], Gradients]:
        """Denoising score matching of the fake score on the student's images `x` (section 2.2).

        |s_psi(x_t) + eps / sigma|^2 with the public code's weight, which is the teacher's. Returns
        the losses, with the GAN's if it is on, and the gradients of the fake score's (and the
        head's) parameters, clipped.
        """
        classes, (sigma, eps) = inputs.classes, inputs.fake
        loss = denoising_loss(self.fake, x, sigma, eps, classes).mean()
        losses = {"loss_fake": loss.detach()}
        if self.head is not None:
            real = inputs.real
            logits = gan_logits(self.fake, self.head, x, *inputs.gan_fake, classes)
            of_real = gan_logits(self.fake, self.head, real.x, real.sigma, real.eps, real.classes)
            loss_gan = fake_gan_loss(logits, of_real)
            losses["loss_gan_fake"] = loss_gan.detach()
            loss = loss + self.settings.gan_weight_fake * loss_gan
        gradients, losses["grad_norm_fake"] = clipped_gradients(
            [loss],
            [*used_weights(self.fake), *self._of_head()],
            self.settings.grad_clip,
            ranks=self.ranks,
        )
        return losses, gradients
