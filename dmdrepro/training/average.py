"""The mean of a student's weights over its last updates, which takes the student's place."""

from __future__ import annotations

import copy

import torch

from dmdrepro.experiments.config import Distill
from dmdrepro.training.ema import update_ema


class StudentAverage:
    """The mean of the student's weights after each update from `distill.average_from` on."""

    def __init__(self, student: torch.nn.Module, settings: Distill) -> None:
        self.student, self.settings = student, settings
        self.weights = copy.deepcopy(student) if settings.average_from else student

    def add(self, start: int) -> None:
        """After the update in the block that begins at iteration `start`, a multiple of
        `student_every`: the number of updates follows from it, so a resumed run goes on."""
        if self.settings.average_from and start >= self.settings.average_from:
            every = self.settings.student_every
            updates = start // every - -(-self.settings.average_from // every) + 1
            device = next(self.student.parameters()).device
            newest = torch.full((), 1 - (1 - 1 / updates), device=device)
            update_ema(self.weights, self.student, newest)

    def at(self, iterations: int) -> torch.nn.Module:
        """The student to be kept after `iterations`: the mean if it has begun."""
        begun = self.settings.average_from and iterations > self.settings.average_from
        return self.weights if begun else self.student
