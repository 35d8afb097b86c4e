"""Commands in a run folder that holds links, lacks listings, is full, or belongs to another."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from command import SMOKE, command
from processes import chessboard, finished_chessboard, tree

from dmdrepro.cli import places
from dmdrepro.runs.lock import locked


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """One uninterrupted run of everything on the chessboard."""
    return finished_chessboard(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def runs(finished, tmp_path) -> Path:
    """A copy of the finished run, to be changed."""
    return shutil.copytree(finished, tmp_path / "runs")


def flat(printed: str) -> str:
    return printed.replace("\n", " ")


# --- links ---


@pytest.mark.parametrize(
    "name", ["log.jsonl", "config.json", "record.json", "snapshot-60.safetensors", "state.json"]
)
def test_a_link_in_a_new_stage_is_refused_and_the_notes_stay(tmp_path, name):
    notes = tmp_path / "notes"
    notes.write_text("mine")
    link = chessboard(tmp_path / "r") / "teacher" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(notes)
    printed = command("teacher", "chessboard", *SMOKE, "--runs", tmp_path / "r", code=1)
    assert f"{link} is a link" in flat(printed)
    assert notes.read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["report.html", "figures", "tables", "figures/figure_02.png", "tables/tables.md"]
)
@pytest.mark.parametrize("kind", ["file", "dangling", "folder"])
def test_results_are_not_written_through_links(runs, tmp_path, name, kind):
    link, target = runs / "smoke/seed0" / name, tmp_path / "target"
    shutil.rmtree(link) if link.is_dir() else link.unlink()
    if kind == "file":
        target.write_text("mine")
    elif kind == "folder":
        target.mkdir()
    link.symlink_to(target)
    done = "figures" if "figure" in name else "evaluate"
    printed = command(done, "chessboard", *SMOKE, "--runs", runs, code=1)
    assert f"{link} is a link" in flat(printed)
    assert target.exists() == (kind != "dangling")
    assert kind != "file" or target.read_text() == "mine"
    assert kind != "folder" or not list(target.iterdir())


def test_a_linked_stage_is_not_read(runs, tmp_path):
    stage = chessboard(runs) / "evaluate-60"
    stage.rename(tmp_path / "elsewhere")
    stage.symlink_to(tmp_path / "elsewhere")
    for name in ("evaluate", "figures"):
        assert "is a link" in flat(command(name, "chessboard", *SMOKE, "--runs", runs, code=1))
    assert "is a link" in flat(
        command("evaluate", "chessboard", *SMOKE, "--runs", runs, "--dry-run")
    )


def test_runs_may_be_a_link_and_an_explicit_target_a_device(runs, tmp_path):
    (tmp_path / "link").symlink_to(runs)
    command("evaluate", "chessboard", *SMOKE, "--runs", tmp_path / "link")


# --- listings that are lost, leftovers ---


def test_a_lost_manifest_loses_no_weights(runs):
    teacher = chessboard(runs) / "teacher"
    weights = (teacher / "snapshot-60.safetensors").read_bytes()
    (teacher / "manifest.json").unlink()
    words = ("teacher", "chessboard", *SMOKE, "--runs", runs, "--set", "teacher.lr=0.5")
    printed = command(*words)
    aside = chessboard(runs) / "teacher.old1"
    assert f"they are now in {aside}" in flat(printed)
    assert (aside / "snapshot-60.safetensors").read_bytes() == weights


def test_what_a_kill_left_in_done_stages_and_results_is_cleaned(runs, finished):
    dead = subprocess.Popen(["true"])
    dead.wait()
    teacher, figures = chessboard(runs) / "teacher", runs / "smoke/seed0/figures"
    left = [
        teacher / "state.json", teacher / "state_before.json", teacher / "state-59.safetensors",
        teacher / f"record.json.{dead.pid}.part", figures / f"figure_02.png.{dead.pid}.part",
        runs / "smoke/seed0/tables" / f"tables.md.{dead.pid}.part",
        runs / "smoke/seed0" / f"report.html.{dead.pid}.part",
    ]  # fmt: skip
    kept = [
        teacher / "state-298.safetensors.bak", figures / "mine.png.part",
        figures / f"figure_02.png.{os.getpid()}.part",
    ]  # fmt: skip
    for file in left + kept:
        file.write_bytes(b"x")
    command("all", "chessboard", *SMOKE, "--runs", runs)
    assert not [file for file in left if file.exists()]
    assert all(file.exists() for file in kept)
    assert tree(chessboard(runs)) == tree(chessboard(finished))


# --- before the start ---


def test_too_little_space_is_refused_with_both_numbers_and_shown_by_the_dry_run(
    tmp_path, monkeypatch
):
    usage = shutil._ntuple_diskusage(10**9, 10**9, 2_000)
    monkeypatch.setattr(places.shutil, "disk_usage", lambda _: usage)
    words = ("teacher", "chessboard", *SMOKE, "--runs", tmp_path / "r")
    printed = flat(command(*words, code=1))
    assert f"{tmp_path} has 2.0 kB free, and what is left to do needs about" in printed
    assert "--runs folder on another disk" in printed
    assert not (tmp_path / "r").exists()
    assert f"2.0 kB are free in {tmp_path}: too little" in flat(command(*words, "--dry-run"))


@pytest.mark.parametrize("name", ["figures", "tables", "report.html", "known"])
def test_a_place_that_cannot_be_written_to_is_found_before_the_work(tmp_path, name):
    place = tmp_path / "smoke/seed0" / name
    place.parent.mkdir(parents=True)
    place.mkdir() if name == "report.html" else place.write_text("mine")
    printed = command("all", "chessboard", *SMOKE, "--runs", tmp_path, code=1)
    assert str(place) in flat(printed)
    assert [p.name for p in place.parent.iterdir()] == [name]


def test_the_folder_of_a_later_stage_too(tmp_path):
    place = chessboard(tmp_path) / "evaluate-60"
    place.parent.mkdir(parents=True)
    place.write_text("mine")
    printed = command("all", "chessboard", *SMOKE, "--runs", tmp_path, code=1)
    assert f"{place}: Not a directory" in flat(printed)
    assert [p.name for p in place.parent.iterdir()] == ["evaluate-60"]


def test_a_target_that_cannot_be_written_to_is_found_at_once(tmp_path):
    (tmp_path / "file").write_text("mine")
    words = ("evaluate", "chessboard", *SMOKE, "--runs", tmp_path / "r")
    printed = command(*words, "--publish", tmp_path / "file" / "x", code=1)
    assert f"{tmp_path / 'file'} is not a folder" in flat(printed)


def test_the_second_of_two_runs_is_told_who_the_first_is(tmp_path):
    folder = chessboard(tmp_path) / "teacher"
    folder.mkdir(parents=True)
    with locked(folder, "teacher chessboard"):
        printed = flat(command("teacher", "chessboard", *SMOKE, "--runs", tmp_path, code=1))
    assert f"Another process (process {os.getpid()} on " in printed
    assert str(folder) in printed


# --- names that are not ours ---


@pytest.mark.parametrize("name", ["evaluate-²", "evaluate-٣", "evaluate-060", "evaluate-x"])
def test_a_folder_of_another_name_with_a_manifest_is_left_alone(runs, name):
    shutil.copytree(chessboard(runs) / "evaluate-60", chessboard(runs) / name)
    shutil.copytree(runs / "smoke/seed0", runs / "smoke/seed²")
    for words in (("figures", "--dry-run"), ("list",), ("evaluate",)):
        names = () if words[0] == "list" else ("chessboard", *SMOKE)
        command(words[0], *names, *words[1:], "--runs", runs)
