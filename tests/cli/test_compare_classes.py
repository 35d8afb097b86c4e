"""`compare A B` with --classes and --independent."""

import json

import numpy as np
import pytest
from command import command, invoke, saved

from dmdrepro.metrics import pairing_inefficiency


@pytest.fixture
def sets(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 4
    means = 5.0 * rng.standard_normal((4, 3))
    arrays = {name: means[labels] + rng.standard_normal((40, 3)) for name in ("a", "b", "second")}
    arrays["classes"] = labels
    saved(tmp_path, **arrays)
    return tmp_path, arrays


def pairs(folder, *more, code=0):
    return command("compare", folder / "a.npy", folder / "b.npy", *more, code=code)


def test_the_record_is_the_librarys(sets):
    folder, arrays = sets
    given = {"classes": arrays["classes"], "independent": arrays["second"]}
    for names, null in ((["classes"], "class"), (["classes", "independent"], "second draw")):
        files = {"classes": "classes.npy", "independent": "second.npy"}
        options = [word for name in names for word in (f"--{name}", folder / files[name])]
        printed = pairs(folder, *options, "--out", folder / "record.json")
        assert {"class": "within the class", "second draw": "a second draw"}[null] in printed
        assert "warnings" not in printed
        found = json.loads((folder / "record.json").read_text())
        truth = pairing_inefficiency(
            arrays["a"], arrays["b"], **{name: given[name] for name in names}
        ).to_json()
        assert truth.items() <= found.items()
    assert "null" in pairs(folder)


def test_json_alone_goes_to_the_output(sets):
    folder, _ = sets
    found = invoke("compare", folder / "a.npy", folder / "b.npy", "--json", "-")
    record = json.loads(found.stdout)
    assert record["n"] == 40
    assert len(record["assignment"]) == 40
    assert record["answer"] in found.stderr


def test_classes_of_one_sample_are_warned_of(sets):
    folder, arrays = sets
    np.savez(folder / "labels.npz", mine=np.r_[arrays["classes"][:-1], 9], other=np.zeros(3))
    printed = pairs(folder, "--classes", f"{folder / 'labels.npz'}#mine")
    assert "Warning: Class 9 of 5 has a single sample and so no null" in printed


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros(39, int), "classes has shape (39,); there are 40 samples"),
        (np.full(40, 0.5), "classes has 0.5 in row 0; pass one whole number for each sample"),
        (np.full(40, np.nan), "classes has nan in row 0"),
        (np.full(40, "cat"), "bad.npy cannot be read as .npy: it holds text; pass numbers"),
    ],
)
def test_other_classes_are_one_sentence(sets, labels, words):
    folder, _ = sets
    np.save(folder / "bad.npy", labels)
    printed = pairs(folder, "--classes", folder / "bad.npy", code=1)
    assert words in printed
    assert "bad.npy" in printed
    assert printed.count("Error: ") == 1


def test_another_second_draw_is_one_sentence(sets):
    folder, _ = sets
    np.save(folder / "bad.npy", np.zeros((39, 3)))
    assert "independent (39, 3)" in pairs(folder, "--independent", folder / "bad.npy", code=1)
    printed = pairs(folder, "--independent", folder / "absent.npy", code=1)
    assert "absent.npy does not exist" in printed
