"""`dmdrepro.compare` of arrays: the words, the null, what is warned of, the page."""

import json
import re

import numpy as np
import pytest
import torch
from command import normal as gaussian

import dmdrepro
from dmdrepro.metrics import pairing_inefficiency

X = gaussian(0, 200, 1, 6, 6)
FRESH = gaussian(1, *X.shape)


@pytest.mark.parametrize(
    ("student", "word"),
    [
        (0.9 * X + 0.2 * FRESH, "COPIES"),
        (0.4 * X + 0.92 * FRESH, "PARTLY"),
        (FRESH, "REMAPS"),
        (1e-3 * X, "SAYS NOTHING"),
        (np.zeros_like(X), "SAYS NOTHING"),
        (X + 20, "SAYS NOTHING"),  # the optimal pairing, and no other costs more: null 0.003
    ],
)
def test_the_answer_is_a_word(student, word):
    found = dmdrepro.compare(X, student)
    assert found.answer == word
    assert str(found).startswith(f"{word}. ")
    record = pairing_inefficiency(X, student)
    assert (found.delta_e, found.e_ot, found.n) == (record.delta_e, record.e_ot, 200)
    written = json.dumps(found.to_json(), allow_nan=False)
    for name, value in record.to_json().items():
        assert name == "warnings" or json.loads(written)[name] == value


def test_few_samples_say_nothing():
    """Of independent pairs of so few many are the cheapest pairing."""
    assert dmdrepro.compare(X[:7], X[:7] + 0.1).answer == "SAYS NOTHING"
    assert dmdrepro.compare(X[:8], 0.9 * X[:8]).answer == "COPIES"


def test_torch_numpy_and_paths_are_one(tmp_path):
    np.save(tmp_path / "x.npy", X)
    torch.save(torch.from_numpy(FRESH), tmp_path / "y.pt")
    truth = dmdrepro.compare(X, FRESH).to_json()
    assert dmdrepro.compare(torch.from_numpy(X), FRESH).to_json() == truth
    assert dmdrepro.compare(tmp_path / "x.npy", str(tmp_path / "y.pt")).to_json() == truth


def test_samples_that_share_the_class_alone_remap():
    classes = np.arange(200) % 4
    means = 10.0 * gaussian(2, 4, 5)
    x, y, second = (means[classes] + gaussian(seed, 200, 5) for seed in (3, 4, 5))
    assert dmdrepro.compare(x, y).answer != "REMAPS"
    one_hot = np.eye(4)[classes]
    for given in ({"classes": classes}, {"classes": one_hot}, {"independent": second}):
        found = dmdrepro.compare(x, y, **given)
        assert found.answer == "REMAPS"
        assert found.null in ("class", "second draw")
        assert found.interval.retention[0] < 0 < found.interval.retention[1]


def test_another_order_is_noticed_and_an_equal_set_too():
    order = np.random.default_rng(6).permutation(200)
    for noisy in (X + 1e-3 * FRESH, 0.7 * X + 0.7 * FRESH):
        assert "In another order" in str(dmdrepro.compare(X, noisy[order]))
    assert "In another order" not in str(dmdrepro.compare(X, FRESH))
    assert dmdrepro.compare(X, X[order]).answer == "REMAPS"
    plane = gaussian(7, 2, 300, 2)  # where neighbours are near, whoever drew them
    for x, y in (plane, (X, 0.3 * FRESH), (X, np.abs(FRESH) ** 3)):
        assert "In another order" not in str(dmdrepro.compare(x, y))
    for seed in (31, 57, 70, 116):  # heavy tails: a few samples are what the means are made of
        x, y = np.random.default_rng(seed).standard_t(1.2, (2, 200, 3))
        assert "In another order" not in str(dmdrepro.compare(x, y))
    assert "equal in every value" in str(dmdrepro.compare(X, X.copy()))


def test_one_file_given_twice_is_named(tmp_path):
    np.savez(tmp_path / "both.npz", one=X, two=FRESH)
    one, two = (f"{tmp_path}/both.npz#{name}" for name in ("one", "two"))
    with pytest.raises(ValueError, match=f"^Teacher and student are both {one}"):
        dmdrepro.compare(one, f"{tmp_path}/../{tmp_path.name}/both.npz#one")
    assert not dmdrepro.compare(one, two).warnings


def test_real_samples_tell_quality_memorisation_and_distance():
    real = gaussian(8, 500, 1, 6, 6)
    found = dmdrepro.compare(X, 0.9 * X + 0.2 * FRESH, real=real)
    assert found.real["quality"]["student"]["ratio"] == pytest.approx(1, abs=0.2)
    assert found.real["memorisation"]["teacher"]["fraction"] == 0
    assert -1 < found.real["d_of_z"]["pearson_student"]["low"] < 1
    assert "Memorised" in str(found)
    copied = dmdrepro.compare(X, real[:200], real=real)
    assert copied.real["memorisation"]["student"]["fraction"] == 1
    far = dmdrepro.compare(X, X + 3, real=real)
    assert far.answer == "NO SAMPLER"
    assert "same units?" in str(dmdrepro.compare(X, X + 0.1, real=100 * real))
    with pytest.raises(ValueError, match=r"real has shape \(3, 1, 6, 6\)"):
        dmdrepro.compare(X, FRESH, real=real[:3])


@pytest.mark.parametrize(
    ("student", "words"),
    [
        (X[:-1], "200 samples against 199"),
        (X.transpose(0, 2, 3, 1), "one has its channels last"),
        (X[:, :, :3], "must belong together"),
        (np.where(X > 3, np.nan, X), "student holds values that are not finite, first in sample"),
        (np.array(1.0), "differ in shape"),
    ],
)
def test_sets_that_do_not_fit_are_one_sentence(student, words):
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        dmdrepro.compare(X, student)


def test_one_sample_is_none_and_few_have_no_interval():
    with pytest.raises(ValueError, match="1 samples"):
        dmdrepro.compare(X[:1], X[:1])
    with pytest.raises(ValueError, match="teacher has 200 samples and n is 201"):
        dmdrepro.compare(X, FRESH, n=201)
    few = dmdrepro.compare(X, FRESH, n=20)
    assert few.n == 20
    assert few.interval is None
    assert "too few" in str(few)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("n", -5), ("n", 2.5), ("steps", 0), ("batch_size", -1)),
        *(("memory", "4"), ("memory", 0)),
        *(("student_sigma", -2.5), ("student_sigma", "80"), ("sigma_max", float("inf"))),
    ],
)
def test_a_number_that_cannot_be_is_named(name, value):
    with pytest.raises(ValueError, match=f"^{name} is {value!r}"):
        dmdrepro.compare(X, FRESH, **{name: value})


def test_real_samples_are_checked_before_the_work_and_are_not_the_sets_own():
    for real in (X[:3], X[:, :, :3], np.full_like(X, np.nan)):
        with pytest.raises(ValueError, match=r"^real h"):
            dmdrepro.compare(X, FRESH, real=real, watch=lambda news: pytest.fail("began"))
    found = dmdrepro.compare(X[:40], FRESH[:40], real=FRESH[:40])
    assert "The real samples hold the student's own" in str(found)


def test_bytes_against_floats_are_doubted():
    unit = np.random.default_rng(9).random((80, 3, 4, 4))
    found = dmdrepro.compare((255 * unit).astype(np.uint8), 2 * unit - 1)
    assert found.answer == "SAYS NOTHING"
    assert "[0, 25" in str(found)


@pytest.mark.parametrize(("student", "classes"), [(0 * X, None), (FRESH, np.arange(len(X)))])
def test_the_page_of_samples_without_a_null_lacks_its_panels(tmp_path, student, classes):
    dmdrepro.compare(0 * X, student, classes=classes).report(tmp_path / "page.html")
    assert "data:image/png;base64," in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("shape", [(60, 6, 6, 3), (60, 2), (60,)])
def test_the_page_holds_words_and_figure_and_asks_for_nothing(tmp_path, shape):
    x, y = (gaussian(seed, *shape) for seed in (10, 11))
    found = dmdrepro.compare(x, 0.5 * x + y)
    found.report(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert found.answer in page
    assert "data:image/png;base64," in page
    assert not re.search(r"(src|href)=.(http|//|file)", page)
    assert "concordance" in page
