"""Commands in a run folder that holds links, lacks listings, is full, or belongs to another."""

import copy
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from command import SMOKE, command
from processes import chessboard, tree
from report_runs import list_again

from dmdrepro.experiments import REGISTRY
from dmdrepro.measures import evaluation
from dmdrepro.pipeline import places
from dmdrepro.report import report_page, tables_of
from dmdrepro.report.render import to_json, to_markdown
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.files import read_json, write_json
from dmdrepro.runs.results import open_known, open_results


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
    assert f"{link} is a link" in command(done, "chessboard", *SMOKE, "--runs", runs, code=1)
    assert target.exists() == (kind != "dangling")
    assert kind != "file" or target.read_text() == "mine"
    assert kind != "folder" or not list(target.iterdir())


def test_a_linked_stage_is_not_read(runs, tmp_path):
    stage = chessboard(runs) / "evaluate-60"
    stage.rename(tmp_path / "elsewhere")
    stage.symlink_to(tmp_path / "elsewhere")
    for name in ("evaluate", "figures"):
        assert "is a link" in command(name, "chessboard", *SMOKE, "--runs", runs, code=1)
    assert "is a link" in command("evaluate", "chessboard", *SMOKE, "--runs", runs, "--dry-run")


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
    command("all", "chessboard", *SMOKE, "--runs", runs, rendered=True)  # as they are
    assert not [file for file in left if file.exists()]
    assert all(file.exists() for file in kept)
    assert tree(chessboard(runs)) == tree(chessboard(finished))


def test_too_little_space_is_refused_with_both_numbers_and_shown_by_the_dry_run(
    tmp_path, monkeypatch
):
    usage = shutil._ntuple_diskusage(10**9, 10**9, 2_000)
    monkeypatch.setattr(places.shutil, "disk_usage", lambda _: usage)
    words = ("teacher", "chessboard", *SMOKE, "--runs", tmp_path / "r")
    printed = command(*words, code=1)
    assert f"{tmp_path} has 2.0 kB free, and what is left to do needs about" in printed
    assert "--runs folder on another disk" in printed
    assert not (tmp_path / "r").exists()
    assert f"2.0 kB are free in {tmp_path}: too little" in command(*words, "--dry-run")


@pytest.mark.parametrize(
    "name", ["figures", "tables", "report.html", "known", "chessboard/evaluate-60"]
)
def test_a_place_that_cannot_be_written_to_is_found_before_the_work(tmp_path, name):
    place = tmp_path / "smoke/seed0" / name
    place.parent.mkdir(parents=True)
    place.mkdir() if name == "report.html" else place.write_text("mine")
    assert str(place) in command("all", "chessboard", *SMOKE, "--runs", tmp_path, code=1)
    assert [p.name for p in place.parent.iterdir()] == [place.name]


def test_a_target_that_cannot_be_written_to_is_found_at_once(tmp_path):
    (tmp_path / "file").write_text("mine")
    words = ("evaluate", "chessboard", *SMOKE, "--runs", tmp_path / "r")
    printed = command(*words, "--publish", tmp_path / "file" / "x", code=1)
    assert f"{tmp_path / 'file'} is not a folder" in printed


@pytest.mark.parametrize("name", ["evaluate-²", "evaluate-٣", "evaluate-060", "evaluate-x"])
def test_a_folder_of_another_name_with_a_manifest_is_left_alone(runs, name):
    shutil.copytree(chessboard(runs) / "evaluate-60", chessboard(runs) / name)
    shutil.copytree(runs / "smoke/seed0", runs / "smoke/seed²")
    for words in (("figures", "--dry-run"), ("list",), ("evaluate",)):
        names = () if words[0] == "list" else ("chessboard", *SMOKE)
        command(words[0], *names, *words[1:], "--runs", runs)


OTHERS = (None, "x", -1, 2.5, True, [], {}, [None], "absent")
RECORDS = (
    "chessboard/evaluate-60", "chessboard/teacher", "chessboard/distill-60",
    "chessboard/sample-60", "known",
)  # fmt: skip


def places_in(value: object, place: tuple = ()):
    """Every place of a record, of lists the first entry's."""
    if place:
        yield place
    inner = value.items() if isinstance(value, dict) else []
    if isinstance(value, list):
        inner = list(enumerate(value))[:1]
    for key, below in inner:
        yield from places_in(below, (*place, key))


def reseal(folder: Path, record: dict) -> None:
    write_json(folder / "record.json", record)
    list_again(folder)


def changed(record: dict, place: tuple, other: object) -> dict:
    record = copy.deepcopy(record)
    inner = record
    for key in place[:-1]:
        inner = inner[key]
    if other == "absent":
        del inner[place[-1]]
    else:
        inner[place[-1]] = other
    return record


def show(runs: Path) -> None:
    """Whatever reads records, but the figures."""
    results = open_results(runs, "smoke", 0, REGISTRY, shape=evaluation())
    each = {name: [result] for name, result in results.items()}
    tables = tables_of(each, "smoke")
    for table in tables:
        to_markdown(table), to_json(table)
    report_page(each, tables, [], "smoke", 0, [], open_known(runs, "smoke", 0))


@pytest.mark.parametrize("stage", RECORDS)
def test_a_record_of_other_types_is_shown_or_refused_in_a_sentence(runs, stage):
    folder = runs / "smoke/seed0" / stage
    whole = read_json(folder / "record.json")
    cases = [(place, other) for place in places_in(whole) for other in OTHERS]
    for place, other in random.Random(stage).sample(cases, 15):
        reseal(folder, changed(whole, place, other))
        try:
            show(runs)
        except RunError:
            continue
        except Exception as error:
            raise AssertionError(f"{'.'.join(map(str, place))} = {other!r}") from error


@pytest.mark.parametrize(
    ("stage", "place", "other"),
    [
        ("chessboard/evaluate-60", ("pairing",), "x"),
        ("chessboard/evaluate-60", ("pairing", "delta_e"), {}),
        ("chessboard/evaluate-60", ("config", "distill", "iterations"), None),
        ("chessboard/evaluate-60", ("along",), 3),
        ("chessboard/evaluate-60", ("over_n", 0, "n"), "absent"),
        ("known", ("circle",), []),
    ],
)
def test_the_commands_name_the_file_and_the_place(runs, stage, place, other):
    folder = runs / "smoke/seed0" / stage
    reseal(folder, changed(read_json(folder / "record.json"), place, other))
    for name in ("evaluate", "figures"):
        printed = command(name, "chessboard", *SMOKE, "--runs", runs, code=1)
        assert f"{folder / 'record.json'} does not hold what this version writes" in printed
        assert "make it again" in printed
    command("figures", "chessboard", *SMOKE, "--runs", runs, "--dry-run")
    command("list", "--runs", runs)


@pytest.mark.parametrize(
    "line", ["[]", "x", '{"step": "a"}', '{"loss_dm": 1}', '{"step": 1, "a": []}']
)
def test_a_log_of_other_types_ends_in_a_sentence(runs, line):
    folder = chessboard(runs) / "distill-60"
    with (folder / "log.jsonl").open("a") as log:
        log.write(line + "\n")
    list_again(folder)
    printed = command("figures", "chessboard", *SMOKE, "--runs", runs, code=1)
    assert "log.jsonl does not hold what this version writes (line 41)" in printed
