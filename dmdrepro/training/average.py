"""Averages of weights: the teacher's exponential one, and the mean of a student's last updates."""

import copy

import torch

from dmdrepro.experiments.config import Distill


def ema_decay(step: int, fraction: float) -> float:
    """Decay at `step` (counted from 1) for a half-life of `fraction` of the steps so far.

    Tying the half-life to the length lets each snapshot of one run have an average that suits
    its own age.
    """
    return 0.5 ** (1.0 / max(fraction * step, 1e-3))


@torch.no_grad()
def update_ema(average: torch.nn.Module, model: torch.nn.Module, newest: torch.Tensor) -> None:
    """average <- average + newest (model - average), in place; `newest` [] = 1 - decay.

    On a GPU the number stays there, so that a CUDA graph holds the update.
    """
    means, weights = list(average.parameters()), list(model.parameters())
    if newest.is_cuda:
        away = torch._foreach_sub(weights, means)
        torch._foreach_mul_(away, newest)
        torch._foreach_add_(means, away)
    else:
        torch._foreach_lerp_(means, weights, newest.item())


class StudentAverage:
    """The mean of the student's weights after each update from `distill.first_averaged` on."""

    def __init__(self, student: torch.nn.Module, settings: Distill) -> None:
        self.student, self.settings = student, settings
        self.weights = copy.deepcopy(student) if settings.average_from else student

    def add(self, start: int) -> None:
        """After the update in the block that begins at iteration `start`, a multiple of
        `student_every`: the number of updates follows from it, so a resumed run goes on."""
        since = start - self.settings.first_averaged
        if self.settings.average_from and since >= 0:
            updates = since // self.settings.student_every + 1
            device = next(self.student.parameters()).device
            newest = torch.full((), 1 - (1 - 1 / updates), device=device)
            update_ema(self.weights, self.student, newest)

    def at(self, iterations: int) -> torch.nn.Module:
        """The student to be kept after `iterations`: the mean if it has begun."""
        begun = self.settings.average_from and iterations > self.settings.first_averaged
        return self.weights if begun else self.student
