"""The circle of appendix C: delta = 0.05, a student rotated by theta."""

from __future__ import annotations

import numpy as np
import pytest

from dmdrepro.metrics import pairing_inefficiency

DELTA = 0.05


def circle(z, theta):
    """T(z) and G_theta(z) of appendix C for noise z [N, 2]."""
    x, y = z.T
    teacher = z / np.sqrt((1 + DELTA) * x**2 + y**2)[:, None]
    turned = np.stack(
        [x * np.cos(theta) - y * np.sin(theta), x * np.sin(theta) + y * np.cos(theta)]
    )
    return teacher, (turned / np.hypot(x, y)).T


@pytest.mark.parametrize(
    ("theta", "low", "high"), [(0.0, 0.0, 0.0), (0.1, 8.0, 15.0), (np.pi, 300.0, 1200.0)]
)
def test_a_thousand_samples_give_0_about_10_and_about_600(theta, low, high):
    found = [
        pairing_inefficiency(
            *circle(np.random.default_rng(seed).standard_normal((1000, 2)), theta)
        ).delta_e
        for seed in range(5)
    ]
    assert low <= np.median(found) <= high, found


@pytest.mark.parametrize("steps", [0, 1, 4, 50])
def test_evenly_spaced_noise_gives_the_closed_form(steps):
    # Turning by whole steps only permutes the student's points, so E_OT is E_DT at theta = 0.
    n = 100
    angle, theta = 2 * np.pi * np.arange(n) / n, 2 * np.pi * steps / n
    record = pairing_inefficiency(*circle(np.stack([np.cos(angle), np.sin(angle)], 1), theta))
    radius = 1 / np.sqrt(1 + DELTA * np.cos(angle) ** 2)
    e_dt = np.mean(radius**2 + 1 - 2 * radius * np.cos(theta))
    e_ot = np.mean((radius - 1) ** 2)
    assert record.e_ot == pytest.approx(e_ot, rel=1e-9)
    assert record.delta_e == pytest.approx(e_dt / e_ot - 1, rel=1e-9, abs=1e-9)
    # The shared mean is 0, so the covariance, and with it retention, falls as cos(theta).
    assert record.retention == pytest.approx(np.cos(theta), abs=1e-9)
