"""Doubts about samples are raised for other units and collapsed students, and for nothing else."""

import numpy as np
import pytest
import torch

from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.metrics.implausible import input_warnings


def images(rng, n, size=16):
    """Bright strokes on black in [-1, 1], most pixels at -1, the corners always: like MNIST."""
    centre, width = rng.uniform(-3, 3, (2, n, 1, 1)), rng.uniform(0.5, 3, (n, 1, 1))
    grid = np.linspace(-4, 4, size)
    across = grid[:, None] - centre[0] - 0.5 * grid[None, :] * centre[1]
    return np.clip(3 * np.exp(-(across**2) / width - (grid[:, None] ** 2) / 6) - 1.2, -1, 1)


LAWS = {
    "normal": lambda rng, n: rng.standard_normal((n, 1)),
    "uniform": lambda rng, n: rng.random((n, 3)),
    "Cauchy": lambda rng, n: rng.standard_cauchy((n, 2)),
    "t of 2 degrees": lambda rng, n: rng.standard_t(2, (n, 4)),
    "lognormal": lambda rng, n: np.exp(3 * rng.standard_normal((n, 1))),
    "a scale of its own each": lambda rng, n: (
        np.exp(3 * rng.standard_normal((n, 1))) * rng.standard_normal((n, 20))
    ),
    "one of two scales": lambda rng, n: (
        np.where(rng.random((n, 1)) < 0.5, 1, 1000) * rng.standard_normal((n, 8))
    ),
    "two far clusters": lambda rng, n: (
        1e6 * (rng.random((n, 1)) < 0.5) + rng.standard_normal((n, 2))
    ),
    "a constant coordinate": lambda rng, n: np.insert(rng.standard_normal((n, 2)), 1, 7.0, axis=1),
    "bits": lambda rng, n: rng.integers(0, 2, (n, 1)).astype(float),
    "mostly zero": lambda rng, n: (rng.random((n, 1)) < 0.3) * rng.standard_normal((n, 1)),
    "constant": lambda rng, n: np.full((n, 3), 0.1),
    "whole numbers": lambda rng, n: rng.integers(0, 256, (n, 8)).astype(np.uint8),
    "images": images,
}
every_law = pytest.mark.parametrize("law", LAWS)


@every_law
def test_two_draws_of_one_law_raise_none(law):
    draw = LAWS[law]
    for n in (2, 3, 5, 8, 12, 14, 17, 20, 30, 50, 400):
        for seed in range(40 if n < 100 else 4):
            rng = np.random.default_rng([seed, n])
            assert input_warnings(draw(rng, n), draw(rng, n)) == ()


@every_law
@pytest.mark.parametrize("n", [2, 9, 20, 300])
def test_copies_raise_none(law, n):
    rng = np.random.default_rng(n)
    x = LAWS[law](rng, n)
    floats = x.astype(float)
    sorted_by_first = floats[np.argsort(floats.reshape(n, -1)[:, 0], kind="stable")]
    varies = x.dtype == float and law != "constant"
    spread = 1e-3 * rng.standard_normal(x.shape) if varies else 0
    blurred = floats.mean(0) + 0.8 * (floats - floats.mean(0))
    for teacher, student in (
        (x, x),
        (x, rng.permutation(x)),
        (sorted_by_first, rng.permutation(floats)),
        (floats, floats + spread * np.abs(floats)),
        (x, floats),  # in another type
        (floats, blurred),  # as our image students are
    ):
        assert input_warnings(teacher, student) == ()
        assert input_warnings(student, teacher) == ()


def of_units(rng, n):
    """Name -> (teacher, student), the student of its own noise: the conventions for images."""
    a, b = images(rng, n), images(rng, n)
    unit, byte = (a + 1) / 2, np.round((a + 1) / 2 * 255)
    return {
        "0..255 as bytes": (byte.astype(np.uint8), b),
        "0..255 as floats": (byte.astype(np.float32), b.astype(np.float32)),
        "0..1": (unit, b),
        "0..255 against 0..1": (byte, (b + 1) / 2),
        "uniform 0..1": (rng.random((n, 64)), 2 * rng.random((n, 64)) - 1),
        "its own 0..1": (unit, a),
        "torch bytes": (torch.from_numpy(byte.astype(np.uint8)), torch.from_numpy(b)),
    }


@pytest.mark.parametrize("n", [30, 300])
@pytest.mark.parametrize("units", of_units(np.random.default_rng(0), 2))
def test_other_units_are_doubted_both_ways_round(units, n):
    teacher, student = of_units(np.random.default_rng(n), n)[units]
    for pair in ((teacher, student), (student, teacher)):
        found = input_warnings(*pair)
        assert found
        assert all("units" in sentence for sentence in found)
        assert "values lie in [" in found[0]


def test_integers_are_doubted_beside_floats_however_few_there_are():
    teacher = np.array([[0, 200], [255, 3]], dtype=np.uint8)
    student = np.array([[-1, 0.5], [0.9, -0.9]])
    (sentence,) = input_warnings(teacher, student)
    assert sentence == (
        "The teacher's samples are integers and the student's are not. The teacher's values lie in "
        "[0, 255], the student's in [-1, 0.9]: are both in the same units?"
    )
    assert input_warnings(student, teacher)[0].startswith("The student's samples are integers and")
    assert input_warnings(teacher, teacher.astype(np.float32)) == ()


def collapsed(rng, n):
    x = rng.standard_normal((n, 5))
    return {
        "constant": np.full((n, 5), 1 / 3),
        "all rows nearly equal": x[0] + 1e-3 * rng.standard_normal((n, 5)),
        "as Phi_1 is": 0.02 * x,
    }


@pytest.mark.parametrize("n", [30, 200])
@pytest.mark.parametrize("kind", ["constant", "all rows nearly equal", "as Phi_1 is"])
def test_a_student_that_hardly_varies_is_said_to(kind, n):
    rng = np.random.default_rng(n)
    teacher, student = rng.standard_normal((n, 5)), collapsed(rng, n)[kind]
    record = pairing_inefficiency(teacher, student)
    assert record.warnings == input_warnings(teacher, student)
    assert record.warnings[0].startswith("The student hardly varies: its samples are ")
    assert record.to_json()["warnings"] == list(record.warnings)
    assert input_warnings(student, teacher)[0].startswith("The teacher hardly varies: ")


def of_classes(rng, labels, apart=5.0):
    """Normal samples around the means of their classes."""
    means = apart * np.random.default_rng(7).standard_normal((10, 6))
    return means[labels] + rng.standard_normal((len(labels), 6))


def test_a_student_that_varies_by_its_class_alone_is_said_to():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 10
    teacher = of_classes(rng, labels)
    other = of_classes(rng, labels)
    for shared in (0.0, 0.05):
        student = shared * other + (1 - shared) * of_classes(rng, np.arange(10))[labels]
        second = shared * of_classes(rng, labels) + student - shared * other
        for told in ({"classes": labels}, {"independent": second, "classes": labels}):
            sentence, *_ = pairing_inefficiency(teacher, student, **told).warnings
            assert sentence.startswith("The student hardly varies with its noise: ")
    for student in (other, teacher, teacher + 0.01 * other):  # independent, a copy, a near copy
        for told in ({"classes": labels}, {"independent": of_classes(rng, labels)}):
            assert pairing_inefficiency(teacher, student, **told).warnings == ()


def test_a_constant_student_of_few_is_seen_where_no_chance_makes_one():
    teacher = np.random.default_rng(0).standard_normal((10, 2))
    assert input_warnings(teacher, np.zeros((10, 2)))
    assert input_warnings(teacher[:4], np.zeros((4, 2))) == ()


def test_a_shifted_student_is_said_to_be():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 100, 6))
    shift = np.array([3.0, -3, 3, -3, 3, -3])  # which the mean over coordinates does not see
    (sentence,) = input_warnings(x, y + shift)
    assert sentence.startswith("Teacher and student differ greatly: the means are 3.")
    assert input_warnings(x, y + 0.1) == ()


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_doubts_know_no_scale(scale):
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 100, 4))
    assert input_warnings(scale * x, scale * y) == ()
    assert input_warnings(scale * x, scale * (2 * y - 1)) != ()
