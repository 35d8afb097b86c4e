"""The student's first weights: the teacher's weights (section 2.2), and two ablations."""

import copy
from dataclasses import replace

import torch

from dmdrepro.diffusion import SIGMA_MAX
from dmdrepro.experiments.config import Experiment
from dmdrepro.models.edm import EDMDenoiser
from dmdrepro.runs.streams import generator, stream_seed
from dmdrepro.training.build import build_denoiser, exact_denoiser

FIT_STEPS, FIT_BATCH, FIT_LR = 1000, 512, 1e-3  # of Adam, whose rate falls to 0


def initial_student(experiment: Experiment, teacher: EDMDenoiser) -> EDMDenoiser:
    """A student to be trained, as `distill.start` says, on the teacher's device."""
    match experiment.distill.start:
        case "random":
            other = stream_seed(experiment.seed, "random-start")  # no teacher began with it
            student = build_denoiser(replace(experiment, seed=other))
            return student.to(next(teacher.parameters()).device)
        case "exact":
            return _fitted(copy.deepcopy(teacher).train(), experiment)
    return copy.deepcopy(teacher).train()  # "teacher": the paper's (section 2.2)


def _fitted(student: EDMDenoiser, experiment: Experiment) -> EDMDenoiser:
    """The same weights after D(z; 80) was fitted to the exact denoiser's, z ~ N(0, 80^2 I)."""
    exact, device = exact_denoiser(experiment), next(student.parameters()).device
    optimiser = torch.optim.Adam(student.parameters(), lr=FIT_LR)
    for step in range(FIT_STEPS):
        optimiser.param_groups[0]["lr"] = FIT_LR * (1 - step / FIT_STEPS)
        draw = generator(experiment.seed, "exact-start", step, device)
        shape = (FIT_BATCH, *student.shape)
        z = SIGMA_MAX * torch.randn(shape, generator=draw, device=device)
        loss = (student(z, SIGMA_MAX) - exact(z, SIGMA_MAX)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    optimiser.zero_grad()
    return student
