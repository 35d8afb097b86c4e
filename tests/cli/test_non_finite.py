"""A network that is none any more is never saved as done, and no message claims what is not."""

import re
import shlex

import numpy as np
import pytest
from command import SMOKE, command
from report_runs import list_again
from safetensors.numpy import load_file, save_file

from dmdrepro.experiments import build
from dmdrepro.runs.errors import NonFinite
from dmdrepro.runs.stage import Stage
from dmdrepro.training import teacher
from dmdrepro.training.session import Session

ONE_STEP = ("teacher.lr=1e38", "teacher.snapshots=1")


def sets(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


@pytest.mark.parametrize(
    "more", [(), ("teacher.warmup=0",), ("teacher.warmup=0", "precision=bfloat16")]
)
def test_a_teacher_that_one_step_ruins(tmp_path, more):
    """With a warm-up its weights are numbers still, whose squares are none."""
    where = ("chessboard", *SMOKE, "--runs", tmp_path)
    printed = command("teacher", *where, *sets(*ONE_STEP, *more), code=1)
    assert "the weights are not finite after 1 steps" in printed
    assert "No state of it was saved; run the same command with a smaller learning" in printed
    assert "--fresh" not in printed
    folder = tmp_path / "smoke/seed0/chessboard/teacher"
    assert not list(folder.glob("*.safetensors"))
    assert not (folder / "manifest.json").exists()
    # Nothing was made, so that the rate proposed begins in the same folder.
    (proposed,) = re.findall(r"smaller learning rate \((.*)\)", printed)
    slower = shlex.split(proposed.replace("...", "1e-4"))
    assert "done in" in command("teacher", *where, *sets("teacher.snapshots=1"), *slower)


def test_a_loss_that_is_not_finite_names_no_state_that_is_not_there(tmp_path):
    settings = sets("teacher.lr=1e38", "teacher.snapshots=3")
    printed = command("teacher", "chessboard", *SMOKE, "--runs", tmp_path, *settings, code=1)
    assert "loss is inf at step 1" in printed
    assert "No state of it was saved" in printed
    assert "kept" not in printed


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (("distill.iterations=1",), "the weights are not finite after 1 steps"),
        (("distill.iterations=30", "distill.snapshots=1"), "is nan at step 1"),
    ],
)
def test_a_student_ruined_at_its_end_or_on_the_way(tmp_path, settings, why):
    where = ("chessboard", *SMOKE, "--runs", tmp_path)
    command("teacher", *where)
    ruin = sets("distill.warmup=0", "distill.lr=1e38", *settings)
    assert why in command("distill", *where, *ruin, code=1)
    folder = tmp_path / "smoke/seed0/chessboard/distill-60"
    assert not list(folder.glob("*.safetensors"))
    assert not (folder / "manifest.json").exists()


def test_a_state_of_ruined_weights_is_not_saved_and_the_one_before_is_named(tmp_path, monkeypatch):
    """Saved after every step: the state of step 1 is there, that of step 2 would be ruined."""
    monkeypatch.setattr("dmdrepro.training.session.Session.save_every_s", 0.0)
    experiment = build("chessboard", "smoke")
    stage = Stage(tmp_path / "teacher", {"a": "test"}, "teacher chessboard")
    stage.begin()
    usual = teacher.draw_inputs

    def ruinous(experiment, dataset, step, device):
        found = usual(experiment, dataset, step, device)
        return found if step == 0 else type(found)(**{**vars(found), "lr": found.lr * 1e38})

    monkeypatch.setattr(teacher, "draw_inputs", ruinous)
    with pytest.raises(NonFinite, match="Its state saved at step 1 is kept"):
        teacher.train_teacher(experiment, experiment.data.make(), stage, Session(save_every_s=0.0))
    step, tensors = stage.load_state()
    assert step == 1
    assert all(bool(t.isfinite().all()) for t in tensors.values())


def test_samples_that_are_not_finite_are_not_saved(tmp_path):
    """A student of an earlier program, whose weights nobody had looked at."""
    where = ("chessboard", *SMOKE, "--runs", tmp_path)
    command("all", *where)
    folder = tmp_path / "smoke/seed0/chessboard"
    student = folder / "distill-60/student.safetensors"
    weights = {name: np.full_like(w, np.nan) for name, w in load_file(student).items()}
    save_file(weights, student)
    list_again(folder / "distill-60")
    printed = command("sample", *where, "--fresh", code=1)
    assert "student has values that are not finite (seed 0)" in printed
    assert not (folder / "sample-60/manifest.json").exists()
