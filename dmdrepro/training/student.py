"""The student: Distribution Matching Distillation in DMD2's order (design, section 4).

Iterations come in blocks of `student_every`. The first of a block updates the student, then the
fake score on the images made before that update; the others update the fake score alone. The
student does not change within them, so their images are drawn in one pass.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch

from dmdrepro.diffusion import karras_sigmas
from dmdrepro.distillation import (
    draw_dm_levels,
    draw_fake_levels,
    fake_gan_loss,
    fake_score_loss,
    score_difference,
    student_gan_loss,
)
from dmdrepro.experiments.config import Distill, Experiment
from dmdrepro.models import GanHead
from dmdrepro.runs.checkpoint import (
    Tensors,
    optimiser_tensors,
    pack,
    restore_optimiser,
    save_tensors,
    unpack,
)
from dmdrepro.runs.stage import LOG, Stage
from dmdrepro.runs.streams import generator, stream_seed
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.session import Loop, Session
from dmdrepro.training.teacher import one_hot

SIGMA_MAX = 80.0  # G(z) = D_theta(z; 80)
STUDENT_FILE = "student.safetensors"


def student_file(iterations: int) -> str:
    """The file of the student kept after `iterations` iterations, before the last one."""
    return f"student-{iterations}.safetensors"


@dataclass
class Networks:
    """Teacher (frozen), student, fake score, the two optimisers, the optional GAN head."""

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

    def restore(self, tensors: Tensors) -> None:
        self.student.load_state_dict(unpack(tensors, "student"))
        self.fake.load_state_dict(unpack(tensors, "fake"))
        restore_optimiser(self.student_optimiser, unpack(tensors, "student_optimiser"))
        restore_optimiser(self.fake_optimiser, unpack(tensors, "fake_optimiser"))
        if self.head is not None:
            self.head.load_state_dict(unpack(tensors, "head"))


def initial_networks(experiment: Experiment, weights: Tensors, device: torch.device) -> Networks:
    """Student and fake score both start as the teacher (section 2.2)."""
    settings = experiment.distill
    teacher = build_denoiser(experiment, device)
    teacher.load_state_dict(weights)
    student, fake = copy.deepcopy(teacher).train(), copy.deepcopy(teacher).train()
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
        _adamw(student.parameters(), settings),
        _adamw(fake_parameters, settings),
    )


def _adamw(parameters, settings: Distill) -> torch.optim.AdamW:
    return torch.optim.AdamW(
        parameters,
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        weight_decay=settings.weight_decay,
        fused=True,
    )


class Draws:
    """The random inputs of each iteration, each a function of (seed, stream, iteration)."""

    def __init__(
        self, experiment: Experiment, snapshot: int, dataset, device: torch.device
    ) -> None:
        self.settings, self.seed, self.device = experiment.distill, experiment.seed, device
        self.stream = f"distill-{snapshot}"
        self.dataset, self.shape = dataset, dataset.shape
        # Some devices of 1000 levels: ascending, as the indices of the public code.
        self.sigmas = karras_sigmas(self.settings.noise_levels, device=device).float()

    def _generator(self, stream: str, it: int) -> torch.Generator:
        return generator(self.seed, f"{self.stream}/{stream}", it, self.device)

    def latent(self, it: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """z ~ N(0, 80^2 I) [B, ...] and one-hot classes [B, classes] or None."""
        draw = self._generator("latent", it)
        z = SIGMA_MAX * torch.randn(
            (self.settings.batch, *self.shape), generator=draw, device=self.device
        )
        classes = self.dataset.label_dim
        if classes == 0:
            return z, None
        labels = torch.randint(classes, (self.settings.batch,), generator=draw, device=self.device)
        return z, one_hot(labels, classes)

    def dm(self, it: int) -> tuple[torch.Tensor, torch.Tensor]:
        """sigma [B] and eps [B, ...] of the DM gradient."""
        s, draw = self.settings, self._generator("dm", it)
        levels = draw_dm_levels(s.batch, s.noise_levels, s.dm_min, s.dm_max, draw)
        return self.sigmas[levels], self._eps(draw)

    def fake(self, it: int) -> tuple[torch.Tensor, torch.Tensor]:
        """sigma [B] and eps [B, ...] of the fake score's loss."""
        draw = self._generator("fake", it)
        levels = draw_fake_levels(self.settings.batch, self.settings.noise_levels, draw)
        return self.sigmas[levels], self._eps(draw)

    def gan(self, stream: str, it: int) -> tuple[torch.Tensor, torch.Tensor, torch.Generator]:
        """sigma [B], eps [B, ...] of the adversarial loss, and the generator for the rest."""
        draw = self._generator(f"gan-{stream}", it)
        levels = draw_fake_levels(self.settings.batch, self.settings.noise_levels, draw)
        return self.sigmas[levels], self._eps(draw), draw

    def real(self, draw: torch.Generator):
        """Real images [B, ...], their eps and one-hot classes."""
        x, labels = self.dataset.sample(self.settings.batch, draw)
        return x, self._eps(draw), one_hot(labels, self.dataset.label_dim)

    def _eps(self, draw: torch.Generator) -> torch.Tensor:
        return torch.randn((self.settings.batch, *self.shape), generator=draw, device=self.device)


def distill_student(
    experiment: Experiment, snapshot: int, weights: Tensors, dataset, stage: Stage, session: Session
) -> list[str]:
    """Distil the teacher `weights`, going on from a saved state; returns the files made."""
    settings, device = experiment.distill, session.device
    dataset = dataset.to(device)
    nets = initial_networks(experiment, weights, device)
    draws = Draws(experiment, snapshot, dataset, device)
    done = 0
    if (state := stage.load_state()) is not None:
        done, tensors = state
        nets.restore(tensors)

    loop = Loop(stage, session, experiment.seed, settings.iterations, done)
    for first in range(done, settings.iterations, settings.student_every):
        last = min(first + settings.student_every, settings.iterations)
        distill_block(nets, draws, range(first, last), loop.losses.add)
        for kept in settings.kept:  # within a block the student stays what its first update made
            if first < kept <= last:
                loop.losses.flush()
                save_tensors(stage.folder / student_file(kept), nets.student.state_dict())
                stage.vouch(student_file(kept))
        loop.checkpoint(last, nets.state)
    loop.close()
    save_tensors(stage.folder / STUDENT_FILE, nets.student.state_dict())
    return [LOG, *map(student_file, settings.kept), STUDENT_FILE]


def distill_block(nets: Networks, draws: Draws, iterations: range, log) -> None:
    """One generator update and the fake-score updates up to the next one."""
    first, *rest = iterations
    z, classes = draws.latent(first)
    x = nets.student(z, SIGMA_MAX, classes)  # [B, ...]
    losses = student_update(nets, draws, first, x, classes)
    images = [(first, x.detach(), classes)]  # made before the update, as the public code does
    if rest:
        images += draw_images(nets.student, draws, rest)
    for it, x, classes in images:
        losses |= fake_update(nets, draws, it, x, classes)
        log(it, **losses)
        losses = {}


@torch.no_grad()
def draw_images(student, draws: Draws, iterations: list[int]):
    """[(iteration, G(z), classes)] of several iterations in one pass of the frozen student."""
    latents = [draws.latent(it) for it in iterations]
    z = torch.cat([z for z, _ in latents])
    classes = None if latents[0][1] is None else torch.cat([c for _, c in latents])
    images = student(z, SIGMA_MAX, classes).split(draws.settings.batch)
    return [(it, x, c) for it, x, (_, c) in zip(iterations, images, latents, strict=True)]


def student_update(nets: Networks, draws: Draws, it: int, x: torch.Tensor, classes) -> dict:
    """Equation 3: the weighted score difference is the gradient with respect to the images."""
    sigma, eps = draws.dm(it)
    grad, loss_dm = score_difference(nets.teacher, nets.fake, x.detach(), eps, sigma, classes)
    losses = {"loss_dm": loss_dm.mean()}
    nets.student_optimiser.zero_grad()
    if nets.head is None:
        x.backward(grad / grad.numel())
    else:
        sigma, eps, _ = draws.gan("student", it)
        loss_gan = student_gan_loss(nets.fake, nets.head, x, eps, sigma, classes)
        weighted = draws.settings.gan_weight_student * loss_gan
        torch.autograd.backward([x, weighted], [grad / grad.numel(), None])
        losses["loss_gan_student"] = loss_gan
    losses["grad_norm_student"] = _step(
        nets.student_optimiser, nets.student.parameters(), draws.settings, it
    )
    return losses


def fake_update(nets: Networks, draws: Draws, it: int, x: torch.Tensor, classes) -> dict:
    """Denoising score matching of the fake score on the student's images (and the GAN's loss)."""
    sigma, eps = draws.fake(it)
    nets.fake_optimiser.zero_grad()
    loss = fake_score_loss(nets.fake, x, eps, sigma, classes)
    losses = {"loss_fake": loss}
    parameters = list(nets.fake.parameters())
    if nets.head is not None:
        sigma, eps, draw = draws.gan("fake", it)
        real, eps_real, real_classes = draws.real(draw)
        loss_gan = fake_gan_loss(
            nets.fake, nets.head, x, real, eps, eps_real, sigma, classes, real_classes
        )
        losses["loss_gan_fake"] = loss_gan
        loss = loss + draws.settings.gan_weight_fake * loss_gan
        parameters += nets.head.parameters()
    loss.backward()
    losses["grad_norm_fake"] = _step(nets.fake_optimiser, parameters, draws.settings, it)
    return losses


def _step(optimiser, parameters, settings: Distill, it: int) -> torch.Tensor:
    """Clip, set the warmed-up learning rate of iteration `it`, step; returns the gradient norm."""
    norm = torch.nn.utils.clip_grad_norm_(parameters, settings.grad_clip)
    warm = min(1.0, it / settings.warmup) if settings.warmup else 1.0
    optimiser.param_groups[0]["lr"] = settings.lr * warm
    optimiser.step()
    return norm
