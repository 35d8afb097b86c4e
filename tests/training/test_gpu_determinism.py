"""On a GPU a resumed run equals an uninterrupted one only if every operation computes alike."""

from __future__ import annotations

import torch

from dmdrepro.experiments import build
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.draws import Draws
from dmdrepro.training.student import Distillation


def test_two_sittings_of_an_attention_unet_are_bit_equal(gpu):
    settings = {"distill.warmup": "0", "distill.lr": "1e-3", "model.width": "64"}
    settings |= {"model.attn_resolutions": "16,8", "precision": "bfloat16"}
    experiment = build("mlp-manifold", "laptop", overrides=settings)
    weights = build_denoiser(experiment).state_dict()
    found = []
    for _ in range(2):
        step = Distillation(experiment, weights, gpu)
        draws = Draws(experiment, 1, experiment.data, gpu)
        for first in (0, 5, 10):
            step(draws.block(range(first, first + 5)))
        found.append([*step.student.parameters(), *step.fake.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
