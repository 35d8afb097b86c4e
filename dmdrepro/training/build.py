"""An experiment's denoisers: its network, freshly initialised, and its data's exact one."""

import torch

from dmdrepro.experiments import Experiment
from dmdrepro.models.edm import EDMDenoiser
from dmdrepro.models.exact import ExactDenoiser
from dmdrepro.runs.streams import stream_seed


def build_denoiser(experiment: Experiment, device: torch.device | str = "cpu") -> EDMDenoiser:
    """The experiment's network, freshly initialised from the run's seed, on `device`."""
    data = experiment.data
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(experiment.seed, "init"))
        denoiser = experiment.model.make(data.shape, data.classes, experiment.sigma_data)
    # Weights and preconditioning stay float32 (fp16 diverges, in the public code's experience).
    denoiser.compute_dtype = getattr(torch, experiment.precision)
    return denoiser.to(device)


def exact_denoiser(experiment: Experiment) -> ExactDenoiser:
    """E[x0 | x0 + sigma eps = x] of the experiment's data, on the device of what it is given."""
    return ExactDenoiser(experiment.data.make(), experiment.sigma_data)
