"""Nothing is read or written through a link in a run folder; a listing names its own files."""

import os

import pytest
import torch

from dmdrepro.runs import files
from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.stage import Stage

NAMES = (
    "log.jsonl", "config.json", "record.json", "manifest.json", "state.json", "state_before.json",
    "snapshot-60.safetensors", "state-5.safetensors", "notes", "x.json.3.part",
)  # fmt: skip


def make(root) -> Stage:
    return Stage(root / "smoke/seed0/ring/teacher", {"a": 1}, "teacher ring", runs=root)


@pytest.mark.parametrize("target", ["file", "dangling", "folder"])
@pytest.mark.parametrize("name", NAMES)
def test_a_link_in_a_stage_is_refused_and_its_target_untouched(tmp_path, name, target):
    notes = tmp_path / "notes.txt"
    if target == "file":
        notes.write_text("mine")
    elif target == "folder":
        notes.mkdir()
    stage = make(tmp_path / "runs")
    stage.folder.mkdir(parents=True)
    (stage.folder / name).symlink_to(notes)
    for act in (stage.check_configuration, stage.begin):
        with pytest.raises(DamagedArtifact, match=rf"{name} is a link"):
            act()
    assert notes.exists() == (target != "dangling")
    assert target != "file" or notes.read_text() == "mine"


@pytest.mark.parametrize("name", ["record.json", "log.jsonl", "notes"])
def test_a_pipe_in_a_stage_or_in_its_place_is_refused_and_not_waited_for(tmp_path, name):
    stage = make(tmp_path / "runs")
    stage.folder.mkdir(parents=True)
    os.mkfifo(stage.folder / name)
    with pytest.raises(DamagedArtifact, match=rf"{name} is neither a file nor a folder"):
        stage.begin()
    (stage.folder / name).unlink()
    stage.folder.rmdir()
    os.mkfifo(stage.folder)
    with pytest.raises(DamagedArtifact, match="teacher is neither a file nor a folder"):
        stage.begin()


@pytest.mark.parametrize("level", range(4))
def test_a_linked_folder_is_refused_at_every_level_below_runs(tmp_path, level):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "state-1.safetensors").write_bytes(b"mine")
    stage = make(tmp_path / "runs")
    place = [*reversed(stage.folder.parents), stage.folder][-4 + level]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(elsewhere)
    with pytest.raises(DamagedArtifact, match=f"{place} is a link"):
        stage.check_configuration()
    if level < 3:  # --fresh moves a link away as it is
        with pytest.raises(DamagedArtifact, match="is a link"), stage.locked():
            pass
    assert [p.name for p in elsewhere.iterdir()] == ["state-1.safetensors"]


def test_runs_itself_may_be_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "disk")
    stage = make(tmp_path / "runs")
    with stage.locked():
        stage.begin()
        stage.finish([], "cpu")
    assert make(tmp_path / "disk").done


def test_a_linked_lock_is_not_opened(tmp_path):
    (tmp_path / "notes").write_text("mine")
    stage = make(tmp_path / "runs")
    stage.folder.parent.mkdir(parents=True)
    for name in (".teacher.lock", ".teacher.lock.json"):
        link = stage.folder.with_name(name)
        link.symlink_to(tmp_path / "notes")
        with pytest.raises(DamagedArtifact, match="is a link"), stage.locked():
            pass
        link.unlink()
    assert (tmp_path / "notes").read_text() == "mine"


def test_a_backup_by_hard_links_keeps_its_bytes(tmp_path):
    stage = make(tmp_path / "runs")
    stage.begin()
    log = stage.open_log()
    log.append([{"step": 0, "loss": 1.0}])
    stage.save_state(1, {"w": torch.zeros(1)}, log)
    log.close()
    before = {p.name: p.read_bytes() for p in stage.folder.iterdir()}
    backup = tmp_path / "backup"
    backup.mkdir()
    for path in stage.folder.iterdir():
        os.link(path, backup / path.name)
    again = make(tmp_path / "runs")
    again.begin()
    again.load_state()
    log = again.open_log()
    log.append([{"step": 1, "loss": 1.0}])
    again.save_state(2, {"w": torch.ones(1)}, log)
    again.save_state(3, {"w": torch.ones(1)}, log)
    again.finish([], "cpu")
    assert {p.name: p.read_bytes() for p in backup.iterdir()} == before


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", ".", "..", "", "a\0b", "..\\x"])
def test_a_listing_names_files_of_its_own_folder(tmp_path, name):
    (tmp_path / "x").write_bytes(b"")
    folder = tmp_path / "stage"
    folder.mkdir()
    entry = {"bytes": 0, "sha256": files.hashlib.sha256().hexdigest()}
    files.write_sealed(folder / "manifest.json", "files", {name: entry})
    with pytest.raises(DamagedArtifact, match=r"manifest\.json does not hold"):
        files.verify_manifest(folder)


@pytest.mark.parametrize("entry", [None, [], "x", 3, {}, {"sha256": None}, {"sha256": 3}])
def test_a_resealed_listing_of_other_types_is_damaged(tmp_path, entry):
    files.write_sealed(tmp_path / "manifest.json", "files", {"config.json": entry})
    with pytest.raises(DamagedArtifact, match=r"manifest\.json does not hold"):
        files.verify_manifest(tmp_path)


def test_a_part_that_is_a_link_is_not_written_through(tmp_path):
    (tmp_path / "notes").write_text("mine")
    (tmp_path / f"a.json.{os.getpid()}.part").symlink_to(tmp_path / "notes")
    files.write_bytes(tmp_path / "a.json", b"{}")
    assert (tmp_path / "notes").read_text() == "mine"
    assert (tmp_path / "a.json").read_bytes() == b"{}"
