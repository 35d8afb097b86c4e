"""The ring of Gaussians: its law, and its denoiser against numerical integration."""

import numpy as np
import pytest
import torch
from quadrature import plane_posterior_mean

from dmdrepro.data import Ring

CENTRES = 2 * np.stack([np.cos(np.arange(32) * np.pi / 16), np.sin(np.arange(32) * np.pi / 16)], 1)


def plane_density(points):
    sqdist = ((points[:, None] - CENTRES) ** 2).sum(2)
    return np.exp(-sqdist / (2 * 0.2**2)).sum(1)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0, 80.0])
def test_the_denoiser_is_the_integral(sigma):
    """In the plane of the ring by integration; the other two coordinates are Gaussian alone."""
    x = np.random.default_rng(0).uniform(-3, 3, (5, 4))
    found = Ring().denoise(torch.from_numpy(x), sigma)
    for row, got in zip(x, found, strict=True):
        truth = plane_posterior_mean(plane_density, row[:2], sigma, 4.0, 160)
        np.testing.assert_allclose(got[:2], truth, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(got[2:], row[2:] * 0.04 / (0.04 + sigma**2), rtol=1e-12)


def test_one_component_is_a_gaussian():
    """E[x0 | x] = mean + sd^2 / (sd^2 + sigma^2) (x - mean)."""
    ring = Ring(ambient_dim=3, components=1, radius=1.5, sd=0.4)
    mean = torch.tensor([1.5, 0.0, 0.0], dtype=torch.float64)
    x = torch.randn(6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sigma = torch.tensor([0.002, 0.1, 0.4, 1.0, 10.0, 80.0], dtype=torch.float64)
    truth = mean + (0.16 / (0.16 + sigma**2))[:, None] * (x - mean)
    torch.testing.assert_close(ring.denoise(x, sigma), truth)


def test_samples_are_the_32_gaussians():
    n = 64_000
    x, labels = Ring().sample(n, torch.Generator().manual_seed(0))
    assert labels is None
    torch.testing.assert_close(x.mean(0), torch.zeros(4), rtol=0, atol=0.03)
    torch.testing.assert_close(x[:, 2:].std(0), torch.full((2,), 0.2), rtol=0, atol=3e-3)
    # E r^2 = radius^2 + 2 sd^2, and 32-fold symmetry: the first nonzero harmonic is the 32nd.
    assert x[:, :2].square().sum(1).mean().item() == pytest.approx(4.08, abs=0.02)
    angle = torch.atan2(x[:, 1], x[:, 0])
    for harmonic in range(1, 32):
        assert torch.exp(1j * harmonic * angle).mean().abs() < 5 / n**0.5
