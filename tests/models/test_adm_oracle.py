"""The ADM denoiser and the Heun sampler give the public EDM code's keys and numbers."""

from __future__ import annotations

import json
import math
import zlib

import numpy as np
import pytest
import torch

from dmdrepro.diffusion import heun_sample
from dmdrepro.models.adm import adm_denoiser

PAPER = {"channel_mult": (1, 2, 3, 4), "num_blocks": 3, "attn_resolutions": (32, 16, 8)}
TOLERANCE = 1e-5  # the promise is 1e-4; measured 1e-6

# resolution, channels, labels, width; parameters
SIZES = {
    "adm_mnist_uncond": ((32, 1, 0, 64), 31_118_593),
    "adm_mnist_cond": ((32, 1, 10, 64), 31_121_153),
    "adm_imagenet64": ((64, 3, 1000, 192), 295_899_267),
}


def relative_error(ours, theirs):
    return float((ours.double() - theirs.double()).norm() / theirs.double().norm())


def shapes(denoiser):
    return {key: list(value.shape) for key, value in denoiser.state_dict().items()}


@pytest.mark.parametrize("name", SIZES)
def test_the_paper_size_has_the_public_number_of_parameters(name):
    sizes, parameters = SIZES[name]
    with torch.device("meta"):
        denoiser = adm_denoiser(*sizes, **PAPER)
    assert sum(p.numel() for p in denoiser.parameters()) == parameters


@pytest.mark.parametrize("name", SIZES)
def test_the_paper_size_has_the_public_keys_and_shapes(name, oracles):
    sizes, _ = SIZES[name]
    with torch.device("meta"):
        denoiser = adm_denoiser(*sizes, **PAPER)
    assert shapes(denoiser) == json.loads((oracles / f"{name}.keys.json").read_text())["state_dict"]


def oracle_weight(key, shape):
    """The weight that follows from the key alone (the oracles' README)."""
    if key.endswith("resample_filter"):
        return torch.full(shape, 0.25)
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    w = rng.standard_normal(shape).astype(np.float32)
    *_, module, kind = key.split(".")
    if kind == "bias":
        w = 0.1 * w
    elif "norm" in module:
        w = 1 + 0.1 * w
    else:
        w = w / math.sqrt(math.prod(shape[1:]))
    return torch.from_numpy(w.astype(np.float32))


@pytest.fixture(scope="module")
def tiny(oracles):
    """The oracle's tiny network with its weights."""
    keys = json.loads((oracles / "edm_unet_uncond.keys.json").read_text())
    denoiser = adm_denoiser(16, 1, 0, 32, (1, 2), 1, (8,), sigma_data=0.5).eval()
    assert shapes(denoiser) == keys
    denoiser.load_state_dict({key: oracle_weight(key, shape) for key, shape in keys.items()})
    return denoiser


@pytest.fixture(scope="module")
def numbers(oracles):
    with np.load(oracles / "edm_unet_uncond.npz") as file:
        return {name: torch.from_numpy(file[name]) for name in file.files}


def test_the_denoiser_equals_edm_at_every_noise_level(tiny, numbers):
    with torch.no_grad():
        denoised = tiny(numbers["x"], numbers["sigma"])
    for ours, theirs in zip(denoised, numbers["denoised"], strict=True):
        assert relative_error(ours, theirs) < TOLERANCE


@pytest.mark.parametrize(("num_steps", "name"), [(8, "heun_8"), (1, "one_step")])
def test_the_heun_sampler_equals_edm(tiny, numbers, num_steps, name):
    samples = heun_sample(tiny, 80 * numbers["unit_noise"], num_steps)
    assert samples.dtype == torch.float32
    for ours, theirs in zip(samples, numbers[name], strict=True):
        assert relative_error(ours, theirs) < TOLERANCE


def test_the_heun_sampler_equals_edm_in_batches(tiny, numbers):
    samples = heun_sample(tiny, 80 * numbers["unit_noise"], 8, batch_size=4)
    assert relative_error(samples, numbers["heun_8"]) < TOLERANCE
