"""What the doctor measured is what the dry run counts with, on the same device and versions."""

import pytest
from command import SMOKE, command

from dmdrepro.bench.doctor.scope import row
from dmdrepro.experiments import build
from dmdrepro.experiments.estimate import estimate
from dmdrepro.pipeline import measured
from dmdrepro.pipeline.measured import STUDENT, TEACHER, recall

ROWS = [
    row(STUDENT, "chessboard", iteration_ms=20.0, threads=2),
    row(TEACHER, "chessboard, batch 64", step_ms=10.0, threads=2),
    row("machine", "python", value="3.13"),
]


def remember(rows=ROWS):
    measured.remember(measured.measured(rows, "smoke"), None)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    file = tmp_path / "cache" / "doctor.json"
    monkeypatch.setattr(measured, "_file", lambda: file)
    return file


def test_steps_count_as_measured_and_other_settings_by_the_model(cache):
    remember()
    found = recall(None, "smoke")
    usual = build("chessboard", "smoke")
    many = build("chessboard", "smoke", overrides={"distill.iterations": "5000"})
    wide = build("chessboard", "smoke", overrides={"model.width": "640"})

    def seconds(experiment, stage):
        cost = estimate(experiment, stage, gpu=False)
        return found.corrected(experiment, stage, cost).seconds, cost.seconds

    assert seconds(usual, "teacher")[0] == pytest.approx(0.01 * usual.teacher.snapshots[-1])
    assert seconds(many, "distill")[0] == pytest.approx(0.02 * 5000)
    assert seconds(build("ring", "smoke"), "distill")[0] > 0.1  # as the chessboard's
    for stage in ("evaluate", "sample"):
        assert seconds(usual, stage)[0] == seconds(usual, stage)[1]
    assert seconds(build("mlp-manifold", "smoke"), "distill")[0] == pytest.approx(
        estimate(build("mlp-manifold", "smoke"), "distill", gpu=False).seconds
    )
    assert seconds(wide, "distill")[0] > seconds(usual, "distill")[0]


def test_nothing_is_counted_of_another_device_version_or_size(cache, monkeypatch):
    remember([])
    assert not cache.exists()
    remember()
    assert recall(None, "laptop") is None
    monkeypatch.setattr(measured, "_processor", lambda: "another processor")
    assert recall(None, "smoke") is None
    monkeypatch.undo()
    monkeypatch.setattr(measured, "_file", lambda: cache)
    monkeypatch.setattr(
        measured, "provenance", lambda: dict.fromkeys(("version", "torch", "triton"))
    )
    assert recall(None, "smoke") is None


@pytest.mark.parametrize("words", ["", "[1]", '{"x": 1}', "{broken"])
def test_a_file_that_is_not_ours_is_as_none(cache, words, monkeypatch):
    cache.parent.mkdir()
    cache.write_text(words)
    monkeypatch.setattr(measured, "_key", lambda gpu, size: "x")
    assert recall(None, "smoke") is None


def test_the_dry_run_says_where_its_times_come_from(cache, tmp_path):
    words = ("all", "chessboard", *SMOKE, "--dry-run", "--runs", tmp_path / "runs")
    assert "a model fitted to published runs" in command(*words)
    remember()
    date = recall(None, "smoke").date
    printed = command(*words)
    assert f"(training measured by doctor on {date}, the rest a model" in printed
    assert "on this CPU (threads: 2)" in printed
    assert "measured by doctor" not in command(*words, "--engine", "eager")
