"""The turn of a map: known rotations, the pairing's concordance, nothing where there is none."""

import math

import numpy as np
import pytest

from dmdrepro.metrics import pairing_inefficiency, turn_of


def ring(n: int, d: int = 4, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, n)
    x = np.zeros((n, d))
    x[:, :2] = 2 * np.stack([np.cos(angle), np.sin(angle)], 1) + 0.2 * rng.standard_normal((n, 2))
    return x


def turned(x: np.ndarray, degrees: float) -> np.ndarray:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    y = x.copy()
    y[:, :2] = x[:, :2] @ np.array([[c, s], [-s, c]])
    return y


@pytest.mark.parametrize("degrees", [-149.0, -90.0, 0.0, 18.0, 179.0])
def test_a_turned_teacher_is_the_teacher_turned(degrees):
    x = ring(300)
    x -= x.mean(0)
    found = turn_of(x, turned(x, degrees))
    assert found.degrees == pytest.approx(degrees, abs=1e-9)
    assert found.concordance == pytest.approx(1.0, abs=1e-12)


def test_it_is_the_best_of_all_angles_and_the_pairings_own_at_that_angle():
    x = ring(200)
    rng = np.random.default_rng(1)
    y = turned(x, 40.0) + rng.standard_normal(x.shape) + 0.3
    found = turn_of(x, y)
    about = x.mean(0)
    each = {
        a: pairing_inefficiency(turned(x - about, a) + about, y).concordance
        for a in (found.degrees, *range(-180, 180, 10))
    }
    assert found.concordance == pytest.approx(each[found.degrees], rel=1e-12)
    assert found.concordance == max(each.values())
    assert found.degrees == pytest.approx(40.0, abs=6)


def test_an_independent_student_keeps_nothing_at_any_turn():
    found = turn_of(ring(20_000), ring(20_000, seed=1))
    assert 0 <= found.concordance < 4 / math.sqrt(20_000)


def test_a_turn_of_the_mirrored_set_is_none():
    x = ring(20_000)
    assert turn_of(x, x * np.array([1, -1, 1, 1])).concordance < 0.03


def test_a_constant_student_has_no_turn():
    found = turn_of(ring(50), np.ones((50, 4)))
    assert math.isnan(found.degrees)
    assert found.concordance == 0
    assert found.to_json() == {"degrees": None, "concordance": 0}


def test_one_coordinate_cannot_be_turned():
    with pytest.raises(ValueError, match="a turn needs two"):
        turn_of(np.ones((3, 1)), np.ones((3, 1)))
