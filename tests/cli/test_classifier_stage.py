"""The classifier's stage: made when it is needed, shared, and part of what an evaluation is."""

import json
import shutil

import pytest
import small_mnist
from command import command, record_of
from processes import flip

from dmdrepro.models.classifier import Classifier
from dmdrepro.runs.files import sha256

SHORT = ("--set", "teacher.snapshots=10", "--set", "distill.iterations=6")
BOTH = ("mnist", "mnist-conditional")
PLACE = "smoke/classifier-mnist-8"


@pytest.fixture
def reproduce(tmp_path, monkeypatch):
    """Runs a command at smoke size on the small digits, with a classifier that holds out 100."""
    small_mnist.write(tmp_path / "data", small_mnist.instead(monkeypatch, train=300, t10k=100))
    small = Classifier(8, width=8, iterations=40, batch=32, lr=1e-2, held_out=100)
    monkeypatch.setattr(
        "dmdrepro.experiments.Experiment.classifier",
        property(lambda e: small if "mnist" in e.name else None),
    )
    where = ("--data", tmp_path / "data", "--runs", tmp_path / "runs")
    options = ("--size", "smoke", "--gpu", "cpu", "--offline")
    return lambda *arguments, code=0: command(*arguments, *options, *where, code=code)


def test_evaluations_share_one_classifier_and_name_it(reproduce, tmp_path):
    runs = tmp_path / "runs"
    for names in (BOTH, ()):  # it is not made for what has no samples
        printed = reproduce("evaluate", *names, *SHORT, code=1)
        assert "teacher mnist, seed 0 is not done" in printed
        assert "classifier MNIST" not in printed
    printed = reproduce("all", *BOTH, *SHORT, "--tables")
    assert printed.count("classifier MNIST 8x8: done in") == 1
    assert "Image quality by classifier features" in printed
    weights = sha256(runs / PLACE / "classifier.safetensors")
    accuracy = json.loads((runs / PLACE / "record.json").read_text())["accuracy"]
    for name in BOTH:
        found = record_of(runs, f"{name}/evaluate-10")
        features = found["features"]
        assert features["classifier"] == {"sha256": weights, "accuracy": accuracy}
        assert (features["n"], features["draws"]) == (48, 5)
        (kept,) = (point["features"] for point in found["along"])
        sets = ("data", "teacher_1", "teacher_8", "teacher_32", "student")
        for values in (kept, *(features[key] for key in sets)):
            assert values["frechet_squared"] >= values["frechet_squared_sd"] >= 0
            assert 0 <= values["precision"] <= 1
            assert 0 <= values["recall"] <= 1
        # Noise-like samples of a teacher of ten iterations are worse than data.
        assert features["student"]["frechet_squared"] > features["data"]["frechet_squared"]
        asked = name == "mnist-conditional"
        assert ("agreement" in features["student"]) == ("agreement" in kept) == asked
        assert "agreement" not in features["data"]
        # Phi_8's classes: what was asked for, else what the classifier sees.
        classes = {"from": "labels"} if asked else {"from": "classifier", "sha256": weights}
        assert found["boundary"]["classes"] == classes
        assert sum(entry["n"] for entry in found["boundary"]["per_class"]) == 48

    assert "classifier MNIST 8x8: done already" in reproduce("all", "mnist", *SHORT, "--seed", "1")
    features = record_of(runs, "mnist/evaluate-10", seed=1)["features"]
    assert features["classifier"]["sha256"] == weights


def test_it_is_planned_made_by_its_own_command_and_kept_by_fresh(reproduce, tmp_path):
    folder = tmp_path / "runs" / PLACE
    printed = reproduce("all", *BOTH, *SHORT, "--dry-run")
    assert printed.count("classifier") == 1
    assert "MNIST 8x8" in printed
    assert "classifier" not in reproduce("teacher", *BOTH, *SHORT, "--dry-run")
    assert not folder.exists()
    assert "classifier MNIST 8x8: done in" in reproduce("classifier", "mnist")
    before = (folder / "record.json").read_bytes()
    assert "done already" in reproduce("classifier", "mnist", "--fresh")
    plan = reproduce("all", *BOTH, *SHORT, "--dry-run", "--fresh")
    assert [line.count("done") for line in plan.splitlines() if "classifier" in line] == [1]
    assert (folder / "record.json").read_bytes() == before

    weights = folder / "classifier.safetensors"
    sound = weights.read_bytes()
    flip(weights)
    printed = reproduce("classifier", "mnist", code=1)
    assert "classifier.safetensors is not the file that was written" in printed
    reproduce("classifier", "mnist", "--fresh")
    assert weights.read_bytes() == sound
    assert (folder.parent / f"{folder.name}.old1").is_dir()


def test_an_evaluation_without_it_is_made_anew_by_fresh(reproduce, tmp_path):
    """As one that was made before there was a classifier: it is refused, and moved aside."""
    runs = tmp_path / "runs"
    reproduce("all", "mnist", *SHORT)
    weights = sha256(runs / PLACE / "classifier.safetensors")
    key = json.loads((runs / "smoke/seed0/mnist/evaluate-10/config.json").read_text())
    assert key["classifier_weights"] == weights
    shutil.rmtree(runs / PLACE)
    assert "classifier MNIST 8x8: done in" in reproduce("evaluate", "mnist", *SHORT, "--fresh")
    assert (runs / "smoke/seed0/mnist/evaluate-10.old1").is_dir()
    features = record_of(runs, "mnist/evaluate-10")["features"]
    assert features["classifier"]["sha256"] == weights


def test_other_data_have_none(reproduce):
    printed = reproduce("classifier")
    assert "classifier MNIST 8x8: done in" in printed
    assert "not run: ring: its data are not MNIST" in printed
