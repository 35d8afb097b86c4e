"""The sampler with other people's networks and noise: EDM's form, and what is no noise."""

import math
import warnings

import numpy as np
import pytest
import torch
from test_heun_sampler import SD, noise

from dmdrepro.diffusion import heun_sample


class Edm(torch.nn.Module):
    """As EDMPrecond of the public code: levels moved, cast and reshaped; D of N(0, SD^2)."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x, sigma, class_labels=None, force_fp32=False, **model_kwargs):
        self.seen.append((sigma.dtype, tuple(sigma.shape), sigma.device))
        x, sigma = x.to(torch.float32), sigma.to(torch.float32).reshape(-1, 1, 1, 1)
        if class_labels is not None:
            x = x + class_labels.sum(1).reshape(-1, 1, 1, 1)
        return SD**2 / (SD**2 + sigma**2) * x


class LabelsNeeded(torch.nn.Module):
    def forward(self, x, sigma, labels):
        shift = 0 if labels is None else labels.sum(1)[:, None, None, None]
        return SD**2 / (SD**2 + sigma.reshape(-1, 1, 1, 1) ** 2) * x + shift


def two_arguments(x, sigma):
    return SD**2 / (SD**2 + sigma.to(x.device) ** 2) * x


def batched(x, sigma, labels=None):
    """A network that wants one level for each sample."""
    return SD**2 / (SD**2 + sigma.expand(len(x))[:, None, None, None] ** 2) * x


@pytest.mark.parametrize("steps", [1, 128])
@pytest.mark.parametrize("network", [Edm(), LabelsNeeded(), two_arguments, batched])
def test_a_network_of_edms_form_is_solved(network, steps):
    z = noise(6, 1, 4, 4)
    exact = SD**2 / (SD**2 + 80**2) * z if steps == 1 else z * SD / math.sqrt(SD**2 + 80**2)
    found = heun_sample(network, z, steps)
    torch.testing.assert_close(found, exact, rtol=2e-3, atol=1e-4)
    assert torch.equal(heun_sample(network, z, steps, batch_size=4), found)


def test_the_level_is_float32_of_shape_nothing():
    network = Edm()
    heun_sample(network, noise(2, 1, 4, 4), 3)
    assert set(network.seen) == {(torch.float32, (), torch.device("cpu"))}


@pytest.mark.parametrize("network", [Edm(), LabelsNeeded()])
def test_labels_reach_the_network(network):
    z, labels = noise(3, 1, 4, 4), torch.eye(3)
    plain, labelled = heun_sample(network, z, 4), heun_sample(network, z, 4, labels)
    assert not torch.equal(plain, labelled)


def test_labels_for_a_network_without_them_get_a_sentence():
    with pytest.raises(ValueError, match=r"class_labels were given, but the denoiser takes \(x"):
        heun_sample(two_arguments, noise(3, 1, 4, 4), 4, torch.eye(3))


@pytest.mark.parametrize(
    ("z", "labels", "words"),
    [
        (80 * np.ones((3, 2)), None, r"noise is numpy\.ndarray; pass a torch tensor"),
        ([[1.0]], None, r"noise is builtins\.list; pass a torch tensor"),
        (torch.ones(3, 2), np.eye(3), r"class_labels is numpy\.ndarray; pass a torch tensor"),
        (torch.ones(3, 2).to_sparse(), None, "noise is sparse"),
        (torch.ones(3, 2, dtype=torch.int64), None, "noise has type torch.int64; pass floats"),
        (torch.ones(3, 2, dtype=torch.complex64), None, "noise has type torch.complex64"),
        (torch.tensor(1.0), None, "single number"),
    ],
)
def test_what_is_no_noise_gets_a_sentence(z, labels, words):
    with pytest.raises(ValueError, match=words):
        heun_sample(two_arguments, z, 4, labels)


@pytest.mark.parametrize(
    ("factor", "sigma_max"), [(1 / 80, 80), (2, 80), (0.5, 80), (1, 5), (0, 80)]
)
@pytest.mark.parametrize("shape", [(100, 4), (2, 1, 8, 8)])
def test_noise_of_another_scale_is_warned_of_where_it_is_passed(shape, factor, sigma_max):
    network = Edm() if len(shape) == 4 else two_arguments
    with pytest.warns(UserWarning, match=r"root mean square is .* multiply noise") as caught:
        heun_sample(network, factor * noise(*shape), 2, sigma_max=sigma_max)
    assert [warning.filename for warning in caught] == [__file__]


def test_noise_of_the_right_scale_is_not_warned_of_however_little_there_is():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(300):
            for shape in ((1, 2), (2, 3), (1, 16), (5, 4), (3, 8)):
                heun_sample(two_arguments, noise(*shape, seed=seed), 1)
        heun_sample(two_arguments, noise(2000, 4), 1)
        heun_sample(two_arguments, noise(500, 2) / 80 * 5, 2, sigma_max=5.0)
