"""Sets given to `compare` that are not what they are said to be: refused, doubted, or no judge."""

import numpy as np
import pytest
import torch
from command import normal as gaussian

import dmdrepro
from dmdrepro.comparison.real import against_real

X, FRESH, SECOND = gaussian(0, 3, 200, 6)
CLASSES = np.arange(200) % 5
MEANS = 6.0 * gaussian(1, 5, 6)[CLASSES]
FAR = X[:16] + 30 * (np.arange(16)[:, None] % 2)
ORDER = np.random.default_rng(2).permutation(200)


def compare(x=X, y=FRESH, **given):
    return dmdrepro.compare(x, y, **given)


@pytest.mark.parametrize(
    ("student", "second", "words"),
    [
        (FRESH, 127.5 + 60 * SECOND, "not in the student's units: its values lie in"),
        (127.5 + 60 * FRESH, SECOND, "not in the student's units"),
        (FRESH, FRESH.copy(), "is the student's samples themselves"),
        (FRESH, X, "is the teacher's samples"),
    ],
)
def test_a_second_draw_that_cannot_be_one_is_refused(student, second, words):
    with pytest.raises(ValueError, match=words):
        compare(y=student, independent=second)


def test_a_second_draw_in_another_order_than_its_classes_is_refused():
    sets = {"x": X + MEANS, "y": FRESH + MEANS, "classes": CLASSES}
    with pytest.raises(ValueError, match="not in the order of classes"):
        compare(**sets, independent=(SECOND + MEANS)[ORDER])
    assert compare(**sets, independent=SECOND + MEANS).answer == "REMAPS"


def test_a_second_draw_of_unconditional_sets_is_of_no_class():
    assert "class" not in str(compare(independent=SECOND))


def test_a_student_that_ignores_its_noise_has_an_equal_second_draw():
    found = compare(X + MEANS, MEANS, classes=CLASSES, independent=MEANS.copy())
    assert found.answer == "SAYS NOTHING"


def test_classes_in_another_order_are_doubted_and_weak_ones_are_not():
    shared = {"x": X + MEANS, "y": FRESH + MEANS}
    assert "than they would in another order" in str(compare(**shared, classes=CLASSES[ORDER]))
    for found in (
        compare(**shared, classes=CLASSES),
        compare(X + MEANS / 30, X + MEANS / 30 + FRESH / 9, classes=CLASSES),  # 3% of the variance
        compare(X, X + FRESH / 9, classes=np.zeros(200, int)),
        compare(FAR, FAR + FRESH[:16] / 9, classes=np.arange(16) % 2),
    ):
        assert not found.warnings


def test_rows_shuffled_within_their_classes_are_noticed():
    x = np.repeat(gaussian(3, 5, 192), 40, 0) * 3 + gaussian(4, 200, 192)
    classes = np.arange(200) // 40
    student = (x + 0.6 * gaussian(5, 200, 192))[np.lexsort((ORDER, classes))]
    assert "In another order" in str(compare(x, student, classes=classes))
    independent = np.repeat(gaussian(3, 5, 192), 40, 0) * 3 + gaussian(6, 200, 192)
    assert not compare(x, independent, classes=classes).warnings


@pytest.mark.parametrize("n", [None, 50])
def test_the_teachers_own_as_real_samples_do_not_judge_the_student(n):
    found = compare(y=X + FRESH / 9, real=X, n=n)
    assert found.answer == "COPIES"
    assert "The real samples hold the teacher's own" in str(found)


def test_a_teacher_that_memorised_real_samples_judges_the_student():
    found = compare(SECOND[ORDER], 8 * FRESH, real=np.concatenate([SECOND, X + 1]))
    assert found.answer == "NO SAMPLER"
    assert "hold" not in str(found)


def test_a_distance_of_too_few_samples_is_said_not_to_judge():
    found = compare(X[:10], 3 * X[:10] + 5, real=SECOND)
    assert "NO SAMPLER: pass more samples" in str(found)
    assert "pass more samples" not in str(compare(y=X + FRESH / 9, real=SECOND))


def test_real_samples_of_few_values_hold_everyones():
    x, y, real = np.random.default_rng(7).integers(0, 2, (3, 60, 3))
    assert "hold" not in str(compare(x, y, real=real))


@pytest.mark.parametrize(("d", "m"), [(1, 100), (2, 30), (16, 16), (16, 40), (64, 16)])
def test_a_perfect_student_is_a_sampler_however_few_the_real_samples_are(d, m):
    """By the ratio alone one in ten to one in three was none."""
    for seed in range(12):
        sets = torch.randn(3, 100, d, generator=torch.Generator().manual_seed(seed))
        assert not against_real(*sets[:2], sets[2, :m])["farther"]
        assert against_real(sets[0], sets[1] + 9, sets[2, :m])["farther"]


def test_the_answer_says_of_how_many_samples_the_quality_is():
    assert "for all pass 400 real ones" in str(compare(real=SECOND))


def test_a_null_near_0_says_nothing_of_a_lost_pairing_too():
    assert compare(X, FRESH + 100).answer == "SAYS NOTHING"


def test_samplers_that_share_classes_of_few_are_in_order():
    """A sample that is alone in its class has a near partner and no near neighbour."""
    classes = np.random.default_rng(0).integers(0, 20, 60)
    means = 6 * gaussian(8, 20, 6)[classes]
    found = compare(X[:60] + means, FRESH[:60] + means, classes=classes)
    assert "In another order" not in str(found)
