"""The double moons: their law, and their denoiser against numerical integration."""

import math

import numpy as np
import pytest
import torch
from quadrature import plane_posterior_mean
from scipy.integrate import quad

from dmdrepro.data import Moons

RADIUS, SD = 1.6, 0.1


def moon_points(t):
    """The two half circles as they are usually given, about their common centre."""
    upper = np.stack([np.cos(t), np.sin(t)], axis=-1)
    lower = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], axis=-1)
    return [RADIUS * (c - np.array([0.5, 0.25])) for c in (upper, lower)]


def plane_density(points):
    """p(x0) up to a constant, by Gauss-Legendre quadrature along the moons."""
    t, weight = np.polynomial.legendre.leggauss(128)
    return sum(
        np.exp(-((points[:, None] - arc) ** 2).sum(2) / (2 * SD**2)) @ weight
        for arc in moon_points((t + 1) * np.pi / 2)
    )


def along_the_moons(x: np.ndarray, sigma: float) -> np.ndarray:
    """E[x0 | x] by adaptive quadrature over t of the Gaussian posterior given t."""
    v = SD**2 + sigma**2
    t = np.linspace(0, np.pi, 20_001)
    logs = [-((x - arc) ** 2).sum(1) / (2 * v) for arc in moon_points(t)]
    top = max(log.max() for log in logs)
    parts = np.zeros(3)  # mass, and first moment of the point on the moon
    for sign, log in zip((1, -1), logs, strict=True):

        def term(u, k, sign=sign):
            cx = sign * RADIUS * (math.cos(u) - 0.5)
            cy = sign * RADIUS * (math.sin(u) - 0.25)
            weight = math.exp(-((x[0] - cx) ** 2 + (x[1] - cy) ** 2) / (2 * v) - top)
            return weight * (1.0, cx, cy)[k]

        peak = [t[log.argmax()]]
        parts += [
            quad(term, 0, np.pi, args=(k,), points=peak, epsabs=1e-13, epsrel=1e-12, limit=500)[0]
            for k in range(3)
        ]
    return (SD**2 * x + sigma**2 * parts[1:] / parts[0]) / v


@pytest.mark.parametrize("sigma", [0.2, 0.8, 80.0])
def test_the_denoiser_is_the_integral_over_the_plane(sigma):
    x = np.zeros((3, 4))
    x[:, :2] = np.random.default_rng(0).uniform(-2, 2, (3, 2))
    x[:, 2:] = 5.0  # says nothing: x0 is 0 there
    found = Moons().denoise(torch.from_numpy(x), sigma)
    for row, got in zip(x, found, strict=True):
        truth = plane_posterior_mean(plane_density, row[:2], sigma, 3.4, 140)
        np.testing.assert_allclose(got[:2], truth, rtol=1e-9, atol=1e-9)
        assert not got[2:].any()


@pytest.mark.parametrize("sigma", [0.002, 0.05, 1.0, 80.0])
def test_the_denoiser_is_the_integral_along_the_moons(sigma):
    x = np.array([[0.3, 0.2], [-2.5, 0.0], [0.0, 4.0], [15.0, -9.0], [-50.0, 1.0]])
    found = Moons(ambient_dim=2).denoise(torch.from_numpy(x), sigma)
    truth = np.array([along_the_moons(row, sigma) for row in x])
    np.testing.assert_allclose(found, truth, rtol=1e-9, atol=1e-9)


def test_a_batch_longer_than_a_chunk_is_denoised_row_by_row():
    x = torch.randn(4100, 4, generator=torch.Generator().manual_seed(0))
    sigma = torch.linspace(0.1, 5, 4100)
    found = Moons().denoise(x, sigma)
    for row in (0, 4095, 4096, 4099):
        alone = Moons().denoise(x[row : row + 1], sigma[row])
        torch.testing.assert_close(found[row], alone[0])


def test_samples_lie_along_the_moons():
    x, labels = Moons(sd=1e-4).sample(20_000, torch.Generator().manual_seed(0))
    assert labels is None
    assert not x[:, 2:].any()
    plane, centre = x[:, :2] / RADIUS, torch.tensor([0.5, 0.25])
    upper = ((plane + centre).norm(dim=1) - 1).abs() < 1e-3
    lower = ((plane - centre).norm(dim=1) - 1).abs() < 1e-3
    assert (upper | lower).all()
    assert upper.float().mean().item() == pytest.approx(0.5, abs=0.02)
    assert (plane[upper & ~lower] + centre)[:, 1].min() > -1e-3  # the upper half of its circle
    assert (plane[lower & ~upper] - centre)[:, 1].max() < 1e-3
    t = torch.atan2(*(plane[upper & ~lower] + centre).T.flip(0))
    quarters = t.quantile(torch.tensor([0.25, 0.75])) / math.pi
    assert quarters.tolist() == pytest.approx([0.25, 0.75], abs=0.0127)
