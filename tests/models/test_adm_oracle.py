"""The ADM denoiser and the Heun sampler give the public EDM code's keys and numbers."""

import json

import oracle_networks
import pytest
import torch
from oracle_networks import relative_error, shapes, tiny_adm

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


@pytest.mark.parametrize("name", SIZES)
def test_the_paper_size_has_the_public_keys_and_shapes(name, oracles):
    sizes, parameters = SIZES[name]
    with torch.device("meta"):
        denoiser = adm_denoiser(*sizes, **PAPER)
    assert sum(p.numel() for p in denoiser.parameters()) == parameters
    assert shapes(denoiser) == json.loads((oracles / f"{name}.keys.json").read_text())["state_dict"]


@pytest.fixture(scope="module")
def tiny(oracles):
    """The oracle's tiny network with its weights."""
    denoiser = tiny_adm()
    assert shapes(denoiser) == json.loads((oracles / "edm_unet_uncond.keys.json").read_text())
    return denoiser


@pytest.fixture(scope="module")
def numbers(oracles):
    return oracle_networks.numbers(oracles / "edm_unet_uncond.npz")


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
