"""imagenet64 from a tiny teacher of the public one's form: imported, distilled, measured, drawn."""

import json

import command as commands
import numpy as np
import pytest
import torch
from command import SMOKE, command, record_of
from foreign_files import adm_arguments, drawn, write
from safetensors.torch import load_file

from dmdrepro.experiments import build
from dmdrepro.paper_figures.run import StudentRun, last_run
from dmdrepro.runs.files import sha256
from dmdrepro.runs.results import open_results

FILES = {
    "edm": "edm-imagenet-64x64-cond-adm.pkl",
    "dmd2-teacher": "pytorch_model_1.bin",
    "accelerate": "model.safetensors",
}
SNAPSHOT = 610_352


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    monkeypatch.setitem(
        commands.ENVIRONMENT, "XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache"))
    )


@pytest.fixture(scope="module")
def teacher():
    """(the network, folder by form); weights that leave it a spread of its own."""
    experiment = build("imagenet64", "smoke")
    return drawn(experiment.model, experiment.data.shape, experiment.data.classes, std=0.2)


@pytest.fixture(scope="module")
def folders(teacher, tmp_path_factory):
    made_with = adm_arguments(teacher, build("imagenet64", "smoke").model)
    found = {}
    for kind, name in FILES.items():
        found[kind] = tmp_path_factory.mktemp(kind)
        write(kind, found[kind] / name, teacher, made_with)
    return found


def run_folder(runs):
    return runs / "smoke" / "seed0" / "imagenet64"


@pytest.mark.parametrize("kind", FILES)
def test_the_teacher_is_imported_from_each_form_with_its_hash(kind, teacher, folders, tmp_path):
    where = ("--weights", folders[kind], "--runs", tmp_path)
    printed = command("teacher", "imagenet64", *SMOKE, *where)
    assert FILES[kind] in printed
    folder = run_folder(tmp_path) / "teacher"
    weights = load_file(folder / f"snapshot-{SNAPSHOT}.safetensors")
    for key, value in teacher.state_dict().items():
        assert torch.equal(weights[key], value)
    digest = sha256(folders[kind] / FILES[kind])
    assert json.loads((folder / "config.json").read_text())["weights"] == digest
    assert json.loads((folder / "record.json").read_text())["origin"]["sha256"] == digest


def test_all_of_it_runs_and_fills_figures_6_to_8(folders, tmp_path):
    runs = ("--runs", tmp_path)
    printed = command("all", "imagenet64", *SMOKE, "--weights", folders["edm"], *runs)
    assert "imagenet64 (teacher 610,352): " in printed
    assert "not measured: there are no images" in printed
    folder = run_folder(tmp_path)
    labels = np.load(folder / f"sample-{SNAPSHOT}" / "labels.npy")
    assert labels.max() < 1000
    assert len(np.unique(labels)) > 40
    record = record_of(tmp_path, f"imagenet64/evaluate-{SNAPSHOT}")
    assert record["quality"] is None
    assert record["pairing"]["null"] == "second draw"
    run = last_run(open_results(tmp_path, "smoke", 0, ["imagenet64"]), "imagenet64")
    assert isinstance(run, StudentRun)
    for name in ("teacher_1", "teacher_8", "teacher_32", "student"):
        assert run.samples(name).shape[1:] == (3, 8, 8)
    for number in (6, 7, 8):
        assert (folder.parent / "figures" / f"figure_0{number}.png").is_file()

    # What is done is shown without the file, and is not made from another one.
    assert "done already" in command("sample", "imagenet64", *SMOKE, *runs)
    other = ("--weights", folders["accelerate"])
    refused = command("distill", "imagenet64", *SMOKE, *other, *runs, code=1)
    assert "was made with another configuration (weights: " in refused


def test_what_cannot_be_imported_is_said_before_any_work(folders, tmp_path, monkeypatch):
    def said(*words, code=1):
        return " ".join(command(*words, "--runs", tmp_path, code=code).split())

    one = ("teacher", "imagenet64", *SMOKE)
    lacking = said(*one)
    for word in (*list(FILES.values())[:2], "1.1 GB", "https://", "CC BY-NC-SA", "--weights DIR"):
        assert word in lacking
    assert "there is no" in said(*one, "--weights", tmp_path / "absent")
    (tmp_path / "several").mkdir()
    for name in ("a.bin", "b.bin"):
        (tmp_path / "several" / name).write_bytes(b"")
    assert "2 files of weights" in said(*one, "--weights", tmp_path / "several")
    assert "is refused: " in said(*one, "--weights", tmp_path / "several" / "a.bin")
    for name in ("pytorch_model.bin", "network-snapshot-1.2-9.pkl", "student-30.safetensors"):
        (tmp_path / name).mkdir()
        student = tmp_path / name / name
        student.write_bytes(b"x")
        assert "is a student's: " in said(*one, "--weights", student)
        assert f"a student's weights ({name})" in said(*one, "--weights", student.parent)
    assert "is not a file of weights: " in said(*one, "--weights", __file__, "--dry-run")
    another = said(*one, "--weights", folders["accelerate"], "--set", "model.width=16")
    assert "has shape" in another
    assert "has no images" in said(*one, "--set", "distill.gan=true")
    assert not (run_folder(tmp_path) / "teacher" / "manifest.json").exists()
    monkeypatch.setitem(commands.ENVIRONMENT, "DMDREPRO_WEIGHTS", str(folders["accelerate"]))
    assert "to do" in said(*one, "--dry-run", code=0)
