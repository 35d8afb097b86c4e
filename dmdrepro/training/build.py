"""From an experiment's dataclasses to data sets and networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

import dmdrepro.data as sets
from dmdrepro.experiments.config import (
    AdmUnet,
    ChessboardData,
    Experiment,
    ManifoldData,
    Mlp,
    MnistData,
    MoonsData,
    RingData,
)
from dmdrepro.experiments.data import class_count, sample_shape
from dmdrepro.models import EDMDenoiser, ExactDenoiser, adm_denoiser, mlp_denoiser
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.streams import stream_seed


def build_dataset(
    data: object,
    data_dir: Path | None = None,
    offline: bool = False,
    say: Callable[[str], None] = lambda words: None,
):
    """The data set that a data configuration names, on the CPU; `say`: of a slow download.

    Raises MnistUnavailable where MNIST cannot be had, RunError for data that is not ours to make.
    """
    match data:
        case ChessboardData():
            return sets.Chessboard(data.ambient_dim, data.half_width, data.cells)
        case MoonsData():
            return sets.Moons(data.ambient_dim, data.radius, data.sd)
        case RingData():
            return sets.Ring(data.ambient_dim, data.components, data.radius, data.sd)
        case MnistData():
            images, labels = sets.load_mnist(data_dir, offline=offline, say=say)
            return sets.MnistDataset(images, labels, data.resolution, data.conditional)
        case ManifoldData():
            return sets.Manifold(**asdict(data))
    raise RunError("ImageNet-64 is not run: it needs the teacher's weights, a later work.")


def exact_denoiser(experiment: Experiment) -> ExactDenoiser:
    """Of the experiment's toy data; on the device of what it is given."""
    return ExactDenoiser(build_dataset(experiment.data), experiment.sigma_data)


def build_denoiser(experiment: Experiment, device: torch.device | str = "cpu") -> EDMDenoiser:
    """The experiment's network, freshly initialised from the run's seed, on `device`."""
    shape, classes = sample_shape(experiment.data), class_count(experiment.data)
    model = experiment.model
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(experiment.seed, "init"))
        if isinstance(model, AdmUnet):
            denoiser = adm_denoiser(
                resolution=shape[1],
                channels=shape[0],
                label_dim=classes,
                width=model.width,
                channel_mult=model.channel_mult,
                num_blocks=model.num_blocks,
                attn_resolutions=model.attn_resolutions,
                sigma_data=experiment.sigma_data,
            )
        elif isinstance(model, Mlp):
            denoiser = mlp_denoiser(
                shape[0],
                hidden_layers=model.hidden_layers,
                width=model.width,
                time_features=model.time_features,
                sigma_data=experiment.sigma_data,
                label_dim=classes,
            )
    # Weights and preconditioning stay float32 (fp16 diverges, in the public code's experience).
    denoiser.compute_dtype = getattr(torch, experiment.precision)
    return denoiser.to(device)
