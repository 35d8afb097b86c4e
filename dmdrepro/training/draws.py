"""The random inputs of distillation, each a function of (seed, stream, iteration)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from dmdrepro.diffusion import SIGMA_MAX, karras_sigmas
from dmdrepro.distillation import draw_levels
from dmdrepro.experiments.config import Experiment
from dmdrepro.runs.streams import generator

Noise = tuple[torch.Tensor, torch.Tensor]  # sigma [B], eps [B, ...]


def one_hot(labels: torch.Tensor | None, classes: int) -> torch.Tensor | None:
    """[B] class numbers as float [B, classes]; None stays None."""
    return None if labels is None else F.one_hot(labels, classes).float()


def latents(experiment: Experiment) -> tuple[torch.Tensor, torch.Tensor | None]:
    """z [N, ...] (scaled by 80) and class numbers [N] or None, on which networks are compared."""
    shape, classes = experiment.data.shape, experiment.data.classes
    n = experiment.sampling.total
    z = SIGMA_MAX * torch.randn((n, *shape), generator=generator(experiment.seed, "sample/noise"))
    if classes == 0:
        return z, None
    return z, torch.randint(classes, (n,), generator=generator(experiment.seed, "sample/classes"))


@dataclass(frozen=True)
class Real:
    """Real images of the adversarial loss."""

    x: torch.Tensor  # [B, ...]
    sigma: torch.Tensor  # [B], drawn apart from the generated images'
    eps: torch.Tensor  # [B, ...]
    classes: torch.Tensor | None  # one-hot [B, classes]


@dataclass(frozen=True)
class StudentInputs:
    """All inputs of one iteration; it draws and reads nothing else."""

    z: torch.Tensor  # [B, ...], N(0, 80^2 I)
    classes: torch.Tensor | None  # one-hot [B, classes]
    fake: Noise
    lr: torch.Tensor  # [] float32, of both networks
    dm: Noise | None = None  # of iterations that update the student
    gan_student: Noise | None = None
    gan_fake: Noise | None = None
    real: Real | None = None


class Draws:
    """Draws the inputs of any iteration of one student's distillation."""

    def __init__(
        self, experiment: Experiment, snapshot: int, dataset, device: torch.device
    ) -> None:
        self.settings, self.seed, self.device = experiment.distill, experiment.seed, device
        self.stream = f"distill-{snapshot}"
        self.dataset, self.shape = dataset, dataset.shape
        # Ascending, as the indices of the public code.
        self.sigmas = karras_sigmas(self.settings.noise_levels, device=device).float()

    def block(self, iterations: range) -> list[StudentInputs]:
        """One student update and the iterations up to the next: the first of them has `dm`."""
        return [self.iteration(it, student=it == iterations[0]) for it in iterations]

    def iteration(self, it: int, *, student: bool) -> StudentInputs:
        """The inputs of iteration `it`; `student`: of one that updates the student too."""
        z, classes = self.latent(it)
        rest: dict[str, object] = {"dm": self.dm(it)} if student else {}
        if self.settings.gan:
            if student:
                rest["gan_student"] = self._gan("student", it)[0]
            rest["gan_fake"], draw = self._gan("fake", it)
            rest["real"] = self._real(draw)
        lr = torch.full((), self.learning_rate(it), device=self.device)
        return StudentInputs(z, classes, self.fake(it), lr, **rest)

    def learning_rate(self, it: int) -> float:
        """Linear from 0 over `warmup` iterations, then constant (public DMD2 code).

        A tenth of that from `tenth_from` on, if it is set.
        """
        warmup, tenth_from = self.settings.warmup, self.settings.tenth_from
        lr = self.settings.lr * (min(1.0, it / warmup) if warmup else 1.0)
        return lr / 10 if tenth_from and it >= tenth_from else lr

    def latent(self, it: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """z ~ N(0, 80^2 I) [B, ...] and one-hot classes [B, classes] or None."""
        draw = self._generator("latent", it)
        z = SIGMA_MAX * torch.randn(
            (self.settings.batch, *self.shape), generator=draw, device=self.device
        )
        classes = self.dataset.classes
        if classes == 0:
            return z, None
        labels = torch.randint(classes, (self.settings.batch,), generator=draw, device=self.device)
        return z, one_hot(labels, classes)

    def dm(self, it: int) -> Noise:
        """sigma [B] and eps [B, ...] of the DM gradient."""
        s, draw = self.settings, self._generator("dm", it)
        levels = draw_levels(s.batch, s.noise_levels, draw, s.dm_min, s.dm_max)
        return self.sigmas[levels], self._eps(draw)

    def fake(self, it: int) -> Noise:
        """sigma [B] and eps [B, ...] of the fake score's loss."""
        return self._fake_noise(self._generator("fake", it))

    def _gan(self, stream: str, it: int) -> tuple[Noise, torch.Generator]:
        """The noise of the adversarial loss, and the generator for the rest."""
        draw = self._generator(f"gan-{stream}", it)
        return self._fake_noise(draw), draw

    def _real(self, draw: torch.Generator) -> Real:
        x, labels = self.dataset.sample(self.settings.batch, draw)
        eps = self._eps(draw)
        # Last of its stream, so that all else that is drawn stays what it was.
        return Real(x, self._sigma(draw), eps, one_hot(labels, self.dataset.classes))

    def _fake_noise(self, draw: torch.Generator) -> Noise:
        return self._sigma(draw), self._eps(draw)

    def _sigma(self, draw: torch.Generator) -> torch.Tensor:
        """[B] levels uniform on the whole grid."""
        return self.sigmas[draw_levels(self.settings.batch, self.settings.noise_levels, draw)]

    def _eps(self, draw: torch.Generator) -> torch.Tensor:
        return torch.randn((self.settings.batch, *self.shape), generator=draw, device=self.device)

    def _generator(self, stream: str, it: int) -> torch.Generator:
        return generator(self.seed, f"{self.stream}/{stream}", it, self.device)
