"""The Heun sampler solves ODEs whose solutions are known."""

import math
from itertools import pairwise

import pytest
import torch

from dmdrepro.diffusion import heun_sample

SD = 0.7


def gaussian(x, sigma):
    """The exact denoiser of N(0, SD^2): x(0) = z SD / sqrt(SD^2 + sigma_max^2)."""
    return SD**2 / (SD**2 + sigma**2) * x


def noise(*shape, seed=0):
    return 80 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_one_step_is_the_denoiser_at_sigma_max():
    z = noise(5, 3)
    assert torch.equal(heun_sample(gaussian, z, 1), gaussian(z, 80.0))


@pytest.mark.parametrize("num_steps", [1, 2, 8])
def test_a_constant_denoiser_is_reached_exactly(num_steps):
    """The trajectories are straight lines, which Euler and Heun follow without error."""
    target = torch.tensor([1.0, -2.0, 0.5])
    found = heun_sample(lambda x, sigma: target.expand_as(x), noise(4, 3), num_steps)
    torch.testing.assert_close(found, target.expand(4, 3))


def test_gaussian_data_is_solved_to_second_order():
    z = noise(64, 2)
    exact = z.double() * SD / math.sqrt(SD**2 + 80**2)
    errors = [
        (heun_sample(gaussian, z, k).double() - exact).norm() / exact.norm() for k in (32, 64, 128)
    ]
    assert errors[-1] < 1e-3
    for coarse, fine in pairwise(errors):  # half the step, a quarter of the error
        assert coarse / fine == pytest.approx(4.0, abs=0.4)


def test_the_denoiser_is_called_2k_minus_1_times_in_float32():
    calls = []

    def spy(x, sigma):
        calls.append((x.dtype, sigma))
        return gaussian(x, sigma)

    found = heun_sample(spy, noise(2, 2), 8)
    assert found.dtype == torch.float32
    assert len(calls) == 15
    assert {dtype for dtype, _ in calls} == {torch.float32}
    assert calls[0][1] == 80.0
    assert calls[-1][1] == torch.tensor(0.002)
    assert all(sigma.dtype == torch.float32 and sigma.shape == () for _, sigma in calls)


def test_batches_give_the_same_samples_and_keep_each_samples_label():
    def towards_label(x, sigma, labels):
        return gaussian(x, sigma) + labels

    z, labels = noise(7, 3), torch.eye(3).repeat(3, 1)[:7]
    whole = heun_sample(towards_label, z, 4, labels)
    assert torch.equal(heun_sample(towards_label, z, 4, labels, batch_size=3), whole)
    assert not torch.equal(heun_sample(towards_label, z, 4, labels.roll(1, 0)), whole)


def test_the_noise_is_left_alone_and_no_graph_is_kept():
    z = noise(3, 2).requires_grad_()
    before = z.detach().clone()
    assert not heun_sample(gaussian, z, 4).requires_grad
    assert torch.equal(z, before)


def test_another_noise_range_is_followed():
    z = noise(16, 2) / 80 * 5
    exact = z * SD / math.sqrt(SD**2 + 25)
    found = heun_sample(gaussian, z, 64, sigma_max=5.0)
    torch.testing.assert_close(found, exact, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "options", "word"),
    [
        ((0,), {}, "num_steps is 0"),
        ((4,), {"batch_size": 0}, "batch_size is 0"),
        ((4, torch.eye(2)), {}, "2 class_labels for 3"),
    ],
)
def test_bad_arguments_are_refused(arguments, options, word):
    with pytest.raises(ValueError, match=word):
        heun_sample(gaussian, noise(3, 2), *arguments, **options)
