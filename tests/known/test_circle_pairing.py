"""The circle of appendix C: closed forms against sums, and what N samples give."""

import math

import numpy as np
import pytest

from dmdrepro.known.circle import DELTA, circle, circle_population, rotation
from dmdrepro.metrics import pairing_inefficiency

THETAS = [0.0, 0.1, 1.0, math.pi / 2, math.pi]


def evenly(n: int, turn: float = 0.0) -> np.ndarray:
    angle = 2 * np.pi * np.arange(n) / n + turn
    return 3.0 * np.stack([np.cos(angle), np.sin(angle)], 1)  # of any length


def test_the_teacher_lies_on_the_squeezed_circle_and_the_student_on_the_round_one():
    pair = circle(evenly(7, 0.3), 0.5)
    x, y = pair.teacher.T
    np.testing.assert_allclose((1 + DELTA) * x**2 + y**2, 1.0, rtol=1e-14)
    np.testing.assert_allclose(np.hypot(*pair.student.T), 1.0, rtol=1e-14)
    ahead = np.angle(pair.student @ [1, 1j] / (pair.teacher @ [1, 1j]))
    np.testing.assert_allclose(ahead, 0.5, rtol=1e-13)


@pytest.mark.parametrize("theta", THETAS)
@pytest.mark.parametrize("delta", [0.05, 1.0])
def test_the_closed_form_is_the_mean_over_the_angle(theta, delta):
    # The trapezoid rule of a smooth periodic function: exact to rounding.
    pair = circle(evenly(2000), theta, delta)
    ours = circle_population(theta, delta)
    e_dt = np.square(pair.teacher - pair.student).sum(1).mean()
    assert ours.e_dt == pytest.approx(e_dt, rel=1e-11)
    radial = np.hypot(*pair.teacher.T) - 1
    assert ours.w2_squared == pytest.approx(np.square(radial).mean(), rel=1e-10)
    assert ours.e_ind == pytest.approx(np.square(pair.teacher).sum(1).mean() + 1, rel=1e-12)
    assert ours.retention == pytest.approx(math.cos(theta), abs=1e-12)


@pytest.mark.parametrize("steps", [0, 1, 4, 50])
def test_evenly_spaced_noise_gives_the_limits(steps):
    # Turning by whole steps only permutes the student's points, so E_OT is E_DT at theta = 0.
    n = 100
    theta = 2 * np.pi * steps / n
    pair, limit = circle(evenly(n), theta), circle_population(theta)
    record = pairing_inefficiency(pair.teacher, pair.student)
    assert record.e_ot == pytest.approx(limit.w2_squared, rel=1e-9)
    assert record.delta_e == pytest.approx(limit.delta_e, rel=1e-9, abs=1e-9)
    assert record.retention == pytest.approx(limit.retention, abs=1e-9)
    # Over pairs i != j, the n pairs of the shared noise are left out.
    e_ind = (n * limit.e_ind - limit.e_dt) / (n - 1)
    assert record.concordance == pytest.approx(1 - limit.e_dt / e_ind, abs=1e-9)


@pytest.mark.parametrize(
    ("theta", "low", "high"), [(0.0, 0.0, 0.0), (0.1, 8.0, 15.0), (np.pi, 300.0, 1200.0)]
)
def test_a_thousand_samples_give_0_about_10_and_about_600(theta, low, high):
    found = []
    for seed in range(5):
        pair = circle(np.random.default_rng(seed).standard_normal((1000, 2)), theta)
        found.append(pairing_inefficiency(pair.teacher, pair.student).delta_e)
    assert low <= np.median(found) <= high, found
    limit = circle_population(theta).delta_e
    assert limit == 0 or limit > 2 * high  # N = 1000 is far from it


def test_a_rotation_turns_against_the_clock():
    np.testing.assert_allclose(rotation(math.pi / 2) @ [1, 0], [0, 1], atol=1e-15)
