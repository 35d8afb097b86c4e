"""The DM loss of the circle's students: exact denoisers, Lemma 3.2, the gradients."""

import math
from types import SimpleNamespace

import pytest
import torch

from dmdrepro.distillation.dm import score_difference
from dmdrepro.known.circle import rotation, student_denoiser, teacher_denoiser
from dmdrepro.known.circle_loss import ANGLES, draw_noise, mean_of, noise_rule, sample_terms, turned
from dmdrepro.runs.streams import generator

LEVELS = (0.0033, 0.02, 0.15, 1.0, 8.0, 70.0)
STEP = 2 * math.pi / ANGLES
SAMPLES = 10_000
ERRORS = 4.5  # standard errors: of some thirty numbers one is further by chance once in 5,000 runs


@pytest.fixture(scope="module")
def rule():
    return noise_rule(80)


@pytest.fixture(scope="module")
def noise():
    return draw_noise(SAMPLES, generator(0, "test"))


def noisy_points(sigma: float) -> tuple[torch.Tensor, torch.Tensor]:
    angle = torch.linspace(0, 6, 9, dtype=torch.float64)
    x = torch.stack([angle.cos(), angle.sin()], 1)
    x += sigma * torch.randn(9, 2, dtype=torch.float64, generator=generator(1, "test"))
    return x, torch.full((9,), sigma, dtype=torch.float64)


@pytest.mark.parametrize("sigma", LEVELS)
def test_the_quadrature_of_an_unsqueezed_circle_is_the_bessel_form(sigma):
    x, levels = noisy_points(sigma)
    torch.testing.assert_close(
        teacher_denoiser(x, levels, delta=0.0), student_denoiser(x, levels), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("sigma", LEVELS)
def test_the_teachers_denoiser_is_the_posterior_mean(sigma):
    x, levels = noisy_points(sigma)
    phi = 2 * math.pi * torch.arange(20_011, dtype=torch.float64) / 20_011
    points = torch.stack([phi.cos(), phi.sin()], 1) / (1.05 - 0.05 * phi.sin() ** 2).sqrt()[:, None]
    far = (x[:, None] - points).square().sum(2) / (2 * sigma**2)
    likely = (far.min(1, keepdim=True).values - far).exp()
    expected = likely @ points / likely.sum(1, keepdim=True)
    torch.testing.assert_close(teacher_denoiser(x, levels), expected, rtol=1e-9, atol=1e-9)


def test_levels_of_all_sizes_at_once_are_those_alone():
    x = torch.cat([noisy_points(sigma)[0] for sigma in LEVELS])
    levels = torch.tensor(LEVELS, dtype=torch.float64).repeat_interleave(9)
    alone = torch.cat([teacher_denoiser(*noisy_points(sigma)) for sigma in LEVELS])
    torch.testing.assert_close(teacher_denoiser(x, levels), alone)


def test_the_rules_weights_are_a_law(rule):
    assert float(rule.weight.sum()) == pytest.approx(1, rel=1e-12)
    torch.testing.assert_close(
        torch.einsum("b,bi,bj->ij", rule.weight, rule.eps, rule.eps), torch.eye(2).double()
    )
    assert rule.sigma.min() > 0.003
    assert rule.sigma.max() < 75  # within [2%, 98%] of the grid


@pytest.mark.parametrize("steps", [1, 2, 10, 17, 20])
def test_by_the_rule_the_loss_is_the_same_for_all_theta(rule, steps):
    first = float(rule.weight @ sample_terms(rule, 0.0).loss)
    # The rule's nodes are permuted: but for rounding. Elsewhere but for the rule's own error.
    for theta, tolerance in ((steps * STEP, 1e-12), ((steps + 0.4) * STEP, 3e-3)):
        assert float(rule.weight @ sample_terms(rule, theta).loss) == pytest.approx(
            first, rel=tolerance
        )


def test_the_equality_is_of_the_mean_over_z_alone(rule):
    each = (rule.weight * sample_terms(rule, 0.0).loss).reshape(ANGLES, -1).sum(1) * ANGLES
    assert each.max() > 2 * each.min()  # some noises have more than twice the loss of others


@pytest.mark.parametrize("theta", [0.1, 0.7, math.pi / 2, 2.5, math.pi])
def test_by_samples_the_loss_is_the_same_but_for_chance(noise, theta):
    ours, first = sample_terms(noise, theta), sample_terms(noise, 0.0)
    difference = mean_of(ours.loss - first.loss)
    assert not torch.equal(ours.loss, first.loss)
    assert 0 < difference["error"] < 0.05 * float(first.loss.mean())
    assert abs(difference["value"]) < ERRORS * difference["error"]


@pytest.mark.parametrize("theta", [0.0, 0.1, 1.0, math.pi])
def test_the_slope_in_theta_is_0_and_that_of_a_sample_is_not(rule, noise, theta):
    slope = sample_terms(noise, theta).slope
    mean = mean_of(slope)
    assert abs(mean["value"]) < ERRORS * mean["error"]
    assert slope.square().mean().sqrt() > 0.01
    at_node = round(theta / STEP) * STEP
    assert abs(float(rule.weight @ sample_terms(rule, at_node).slope)) < 1e-12


@pytest.mark.parametrize("steps", [0, 1, 7, 20])
def test_the_gradient_in_the_larger_class_turns_with_theta(rule, steps):
    theta = steps * STEP
    ours, first = (
        torch.tensordot(rule.weight, sample_terms(rule, t).gradient, dims=1) for t in (theta, 0.0)
    )
    assert float(first.norm()) > 0.01
    torch.testing.assert_close(ours, first @ torch.from_numpy(rotation(theta)), rtol=0, atol=1e-12)
    assert turned(ours, first) == pytest.approx(2 * math.sin(theta / 2), abs=1e-9)


def test_by_samples_it_turns_too(noise):
    first = sample_terms(noise, 0.0).gradient.mean(0)
    assert turned(sample_terms(noise, math.pi).gradient.mean(0), first) == pytest.approx(2, abs=0.1)


def test_the_slope_is_the_gradient_along_theta(noise):
    # dM/dtheta at M = R(theta) is R(theta + pi / 2).
    terms = sample_terms(noise, 0.3)
    along = torch.from_numpy(rotation(0.3 + math.pi / 2))
    torch.testing.assert_close((terms.gradient * along).sum((1, 2)), terms.slope)


def test_the_loss_and_gradient_are_those_of_distillation(noise):
    def network(denoise, sigma_data=0.5):
        """The raw output of an EDM network whose denoiser this is."""

        def raw(noisy, sigma, labels):
            s, noisy, sigma = sigma[:, None].double(), noisy.double(), sigma.double()
            square = s**2 + sigma_data**2
            skipped = sigma_data**2 / square * noisy
            return ((denoise(noisy, sigma) - skipped) * square.sqrt() / (s * sigma_data)).float()

        return SimpleNamespace(raw=raw, sigma_data=sigma_data)

    n, theta = 500, 0.8
    x = noise.direction[:n] @ torch.from_numpy(rotation(theta)).T
    # In float32, as distillation computes: what is handed on is rounded there.
    given = (part.float() for part in (x, noise.eps[:n], noise.sigma[:n]))
    grad, loss = score_difference(network(teacher_denoiser), network(student_denoiser), *given)
    terms = sample_terms(noise, theta)
    torch.testing.assert_close(loss.double(), terms.loss[:n], rtol=2e-3, atol=2e-4)
    # dL/dx of a batch's mean loss is grad / grad.numel(), so of a sample's grad / 2.
    tangent = torch.stack([-x[:, 1], x[:, 0]], 1)
    slope = (grad.double() * tangent).sum(1) / 2
    torch.testing.assert_close(slope, terms.slope[:n], rtol=2e-3, atol=2e-4)
