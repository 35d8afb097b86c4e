"""`compare --teacher W --student W`: drawn, kept, resumed and compared as in Python."""

import json
from contextlib import nullcontext

import numpy as np
import pytest
from command import ENVIRONMENT, command
from foreign_files import write_tiny

import dmdrepro
from dmdrepro.runs.errors import Stopped
from dmdrepro.stages.context import Context
from dmdrepro.stages.networks import Network, Settings, check_pair, draw_samples
from dmdrepro.training.session import Session

SMALL = ("--n", 40, "--steps", 2, "--batch", 16, "--gpu", "cpu")
pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A teacher, its student, an unconditional network, and DMD2's second file."""
    folder = tmp_path_factory.mktemp("weights")
    write_tiny("accelerate-teacher", folder / "d", 0)
    for name, classes in (("t", 5), ("s", 5), ("u", 0)):
        write_tiny("accelerate", folder / name, ord(name), classes)
    np.save(folder / "real.npy", np.zeros((8, 3)))
    return folder


def test_the_command_compares_as_python_does(files, tmp_path):
    pair = ("--teacher", files / "t", "--student", files / "s", "--runs", tmp_path, *SMALL)
    assert "samples of t: done in" in command("compare", *pair, "--json", tmp_path / "r.json")
    record = json.loads((tmp_path / "r.json").read_text())
    teacher, student = (dmdrepro.load_denoiser(files / name) for name in "ts")
    z, labels = dmdrepro.unit_noise(teacher, 40, seed=0)
    truth = dmdrepro.compare(teacher, student, labels, z, steps=2, batch_size=16)
    assert all(record[name] == value for name, value in truth.to_json().items())
    assert record["null"] == "second draw"
    assert record["networks"]["student"]["sha256"] == student.origin.sha256
    assert "samples of t: done already" in command("compare", *pair, "--json", "-")
    other = command("compare", *pair, "--student-sigma", 2.5)  # the teacher's are the same
    assert "samples of t: done already" in other
    assert "samples of s: done in" in other
    command("compare", *pair, "--labels", "cycled")
    kept = sorted((tmp_path / "compare").glob("*/labels.npy"), key=lambda p: p.stat().st_mtime)
    assert (np.load(kept[-1]) == np.arange(40) % 5).all()


def test_a_stopped_draw_goes_on_to_the_same_bits(files, tmp_path):
    network = Network(files / "s", Settings(n=40, batch=16), steps=2, student=True)
    stages = [network.stage(tmp_path / name) for name in ("whole", "parts")]
    draw_samples(network, stages[0], Context(Session(), say=lambda words: None))
    for stop in (True, True, True, True, False):  # each after one batch of three and three
        context = Context(Session(stop_requested=stop), say=lambda words: None)
        with pytest.raises(Stopped) if stop else nullcontext():
            draw_samples(network, stages[1], context)
    for file in stages[0].folder.glob("*.npy"):
        assert file.read_bytes() == (stages[1].folder / file.name).read_bytes()
    assert len(list(stages[0].folder.glob("*.npy"))) == 3


def test_the_same_network_twice_is_said(files):
    said = []
    teacher, again, other = (Network(files / name, Settings()) for name in "tts")
    check_pair(teacher, other, said.append)
    assert said == []
    check_pair(teacher, again, said.append)
    assert len(said) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--teacher", "t"), "or two networks"),
        (("--teacher", "t", "--student", "u"), "The teacher has label_dim 5 and the student 0"),
        (("--teacher", "t", "--student", "absent"), "absent"),
        (("--teacher", "t", "--student", "d"), "d holds DMD2's teacher"),
        (("--teacher", "t", "--student", "s", "--labels", "odd"), "--labels odd is not one of"),
        (("--teacher", "t", "--student", "s", "--precision", "float16"), "--precision float16 is"),
        (("--teacher", "t", "--student", "s", "--student-sigma", 0), "is not a noise level"),
        (("--teacher", "t", "--student", "s", "--classes", "t"), "--classes cannot be given here"),
        (("--teacher", "t", "--student", "s", "--gpu", "9"), "--gpu 9"),
        (("--teacher", "t", "--student", "s", "--real", "none.npy"), "none.npy does not exist"),
        (("--teacher", "t", "--student", "s", "--real", "real.npy"), "real has shape (8, 3)"),
        (("--teacher", "t", "--student", "s", "--solver", "foo"), "There is no solver 'foo'"),
        (("--teacher", "t", "--student", "s", "--memory", 1e-5), "Holding 1,000 samples"),
        (("t", "s", "--steps", 4, "--student-sigma", 2.5), "--steps, --student-sigma cannot be"),
        (("t", "s", "--teacher", "t"), "or two networks"),
    ],
)
def test_what_does_not_fit_is_one_sentence(files, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(files)
    printed = command("compare", *words, code=1)
    assert message in printed
    assert printed.count("Error: ") == 1
    assert not (files / "runs").exists()


def test_a_cache_that_cannot_be_written_is_a_sentence(files, tmp_path, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "XDG_CACHE_HOME", "/proc/none")
    pair = ("--teacher", files / "t", "--student", files / "s", "--runs", tmp_path, *SMALL)
    assert "set XDG_CACHE_HOME to a folder that can" in command("compare", *pair, code=1)
