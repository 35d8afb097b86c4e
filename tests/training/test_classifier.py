"""The digits' classifier learns, leaves the held-out images alone, and resumes to the bit."""

import dataclasses

import pytest
import small_mnist
import torch

from dmdrepro.data import Mnist, MnistImages
from dmdrepro.models.classifier import Classifier
from dmdrepro.runs.checkpoint import load_tensors
from dmdrepro.runs.errors import NonFinite, Stopped
from dmdrepro.runs.layout import CLASSIFIER
from dmdrepro.runs.stage import Stage
from dmdrepro.training.classifier import load_classifier, read_digits, train_classifier
from dmdrepro.training.ranks import Ranks
from dmdrepro.training.session import Session

SETTINGS = Classifier(8, width=8, iterations=60, batch=32, lr=1e-2, held_out=100)


def digits():
    return map(torch.from_numpy, small_mnist.digits(400))


def train(tmp_path, dataset=None, settings=SETTINGS, session=None):
    """(files, record, folder) of a stage trained from where it stands."""
    stage = Stage(tmp_path / "classifier", dataclasses.asdict(settings), "classifier")
    stage.begin()
    dataset = dataset or MnistImages(*digits(), Mnist(8))
    return *train_classifier(settings, dataset, stage, session or Session()), stage.folder


def test_it_learns_digits_that_it_has_not_seen(tmp_path):
    files, record, folder = train(tmp_path)
    assert record == {"accuracy": record["accuracy"], "held_out": 100, "trained_on": 300}
    assert record["accuracy"] > 0.95
    assert all((folder / name).is_file() for name in files)
    dataset = MnistImages(*digits(), Mnist(8))
    network = load_classifier(SETTINGS, folder / CLASSIFIER, "cpu")
    named = read_digits(network, dataset.training_set[300:])[1]
    assert (named == dataset.labels[300:]).double().mean().item() == record["accuracy"]


def test_the_held_out_digits_do_not_touch_the_weights(tmp_path):
    images, labels = digits()
    images[300:], labels[300:] = 0, 3
    _, record, changed = train(tmp_path / "changed", MnistImages(images, labels, Mnist(8)))
    _, _, folder = train(tmp_path / "plain")
    assert (changed / CLASSIFIER).read_bytes() == (folder / CLASSIFIER).read_bytes()
    assert record["accuracy"] in (0.0, 1.0)  # a hundred times one image


def test_a_stopped_training_goes_on_to_the_same_bytes(tmp_path):
    _, record, whole = train(tmp_path / "whole")
    for step in (1, 2):
        with pytest.raises(Stopped, match=f"after step {step} of 60"):
            train(tmp_path / "stopped", session=Session(stop_requested=True))
    assert not (tmp_path / "stopped" / "classifier" / CLASSIFIER).exists()
    _, again, resumed = train(tmp_path / "stopped")
    assert again == record
    for name in (CLASSIFIER, "log.jsonl"):
        assert (resumed / name).read_bytes() == (whole / name).read_bytes()


def test_the_first_of_several_ranks_trains_it_alone(tmp_path):
    """The others wait for the next training: whatever was asked of them here would find no one."""
    train(tmp_path, session=Session(ranks=Ranks(0, 2)))


def test_another_seed_is_another_classifier(tmp_path):
    first = load_tensors(train(tmp_path / "0")[2] / CLASSIFIER)
    other = dataclasses.replace(SETTINGS, seed=1)
    second = load_tensors(train(tmp_path / "1", settings=other)[2] / CLASSIFIER)
    assert not torch.equal(first["out.weight"], second["out.weight"])


@pytest.mark.parametrize(
    ("iterations", "words"), [(60, "loss is (nan|inf) at step"), (1, "not finite after 1 steps")]
)
def test_a_rate_that_ruins_it_stops_it_and_leaves_no_weights(tmp_path, iterations, words):
    ruinous = dataclasses.replace(SETTINGS, lr=1e30, iterations=iterations)
    with pytest.raises(NonFinite, match=words):
        train(tmp_path, settings=ruinous)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_images_are_read_as_they_are_shown(tmp_path):
    network = load_classifier(SETTINGS, train(tmp_path)[2] / CLASSIFIER, "cpu")
    x = 3 * torch.randn(5, 1, 8, 8)
    features, named = read_digits(network, x)
    torch.testing.assert_close(features, read_digits(network, x.clamp(-1, 1))[0])
    assert torch.equal(named, network(x.clamp(-1, 1)).argmax(1))
