"""What an interrupted stage goes on from is checked: state, log, finished files, configuration."""

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest
import torch
from made_stage import KEY, OTHER, make
from processes import flip

from dmdrepro.runs import files
from dmdrepro.runs.errors import DamagedArtifact, DifferentConfiguration
from dmdrepro.runs.files import MANIFEST, verify_manifest, write_bytes
from dmdrepro.runs.log import LossLog


@pytest.fixture
def interrupted(tmp_path) -> Path:
    """A stage's folder with one finished file, three lines of log, and a state after step 2."""
    stage = make(tmp_path)
    stage.begin()
    log = stage.open_log()
    log.append([{"step": 0, "loss": 1.0}])
    write_bytes(stage.folder / "snapshot-1", b"weights")
    stage.vouch("snapshot-1")
    log.append([{"step": 1, "loss": 2.0}])
    stage.save_state(2, {"w": torch.arange(3.0)}, log)
    log.append([{"step": 2, "loss": 3.0}])  # the saved state has not seen it
    log.close()
    return stage.folder


def go_on(tmp_path, key=KEY) -> None:
    """What a resumed stage does before its first step."""
    stage = make(tmp_path, key)
    stage.begin()
    stage.load_state()
    stage.open_log().close()


def test_an_untouched_stage_goes_on(tmp_path, interrupted):
    go_on(tmp_path)
    assert len((interrupted / "log.jsonl").read_text().splitlines()) == 2
    assert make(tmp_path).progress() == 2


@pytest.mark.parametrize(
    "name", ["state.json", "log.jsonl", "snapshot-1", "state-2.safetensors", "config.json"]
)
def test_every_flipped_byte_of_what_it_goes_on_from_is_seen(tmp_path, interrupted, name):
    whole = (interrupted / name).read_bytes()
    seen = len(whole) - (len('{"step": 2, "loss": 3.0}\n') if name == "log.jsonl" else 0)
    for place in range(seen):
        flip(interrupted / name, place)
        with pytest.raises(DamagedArtifact, match=r"(?s)teacher/.*make it again"):
            go_on(tmp_path)
        (interrupted / name).write_bytes(whole)
    go_on(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", '{"state": ', '{"seal": "x", "state": {}}', "[NaN]"])
def test_a_state_that_is_no_state_is_damaged_wherever_it_is_read(tmp_path, interrupted, text):
    (interrupted / "state.json").write_text(text)
    for read in ("progress", "load_state", "open_log", "check_configuration"):
        with pytest.raises(DamagedArtifact, match=r"state\.json.*make it again"):
            getattr(make(tmp_path), read)()


def test_a_removed_configuration_lets_no_other_one_go_on(tmp_path, interrupted):
    (interrupted / "config.json").unlink()
    for key in (KEY, OTHER):
        with pytest.raises(DamagedArtifact, match=r"config\.json is missing"):
            go_on(tmp_path, key)
    # Nor does one that was written in its place.
    (interrupted / "config.json").write_text(files.json_text(OTHER))
    with pytest.raises(DamagedArtifact, match=r"config\.json is not the file"):
        go_on(tmp_path, OTHER)


def test_a_saved_state_keeps_other_configurations_out(tmp_path, interrupted):
    with pytest.raises(DifferentConfiguration, match=r"teacher\.lr: 0\.001 there, 0\.002 now"):
        go_on(tmp_path, OTHER)


def test_a_file_finished_before_a_resumed_stage_stays_vouched_for(tmp_path, interrupted):
    stage = make(tmp_path)
    stage.begin()
    stage.load_state()
    log = stage.open_log()
    stage.save_state(3, {"w": torch.zeros(1)}, log)
    (interrupted / "snapshot-1").write_bytes(b"another")
    with pytest.raises(DamagedArtifact, match="snapshot-1"):
        go_on(tmp_path)


def test_the_logs_running_digest_is_that_of_its_bytes(tmp_path):
    path = tmp_path / "log.jsonl"
    log = LossLog(path, 0)
    for step in range(5):
        log.append([{"step": step, "loss": 0.5}])
        assert log.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    length = log.sync()
    log.append([{"step": 5, "loss": 0.5}])
    log.close()
    again = LossLog(path, length, hashlib.sha256(path.read_bytes()[:length]).hexdigest())
    again.append([{"step": 5, "loss": 0.25}])
    assert again.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("text", ['{"files": {"a": NaN}}', '{"files": Infinity}', "[" * 100_000])
def test_json_that_is_not_strict_is_damaged(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(DamagedArtifact, match=r"manifest\.json"):
        verify_manifest(tmp_path)


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_named_and_leaves_no_part(tmp_path, monkeypatch):
    write_bytes(tmp_path / "a", b"old")
    monkeypatch.setattr(files.os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left") as raised:
        write_bytes(tmp_path / "a", b"new")
    assert raised.value.filename == str(tmp_path / "a")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"
    monkeypatch.undo()
    log = LossLog(tmp_path / "log.jsonl", 0)
    monkeypatch.setattr(files.os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left") as raised:
        log.sync()
    assert raised.value.filename == str(tmp_path / "log.jsonl")


def test_a_kill_in_the_middle_of_a_save_leaves_nothing_for_ever(tmp_path, interrupted):
    (interrupted / "state-3.safetensors").write_bytes(b"not listed yet")
    for name in ("state-3.safetensors", "state.json", "record.json", "heatmap.npy"):
        (interrupted / f"{name}.{os.getpid()}.part").write_bytes(b"half")
    stage = make(tmp_path)
    stage.begin()
    assert not list(interrupted.glob("*.part"))
    stage.load_state()
    stage.save_state(4, {"w": torch.zeros(1)}, stage.open_log())
    assert {p.name for p in interrupted.glob("state-*")} == {
        "state-2.safetensors", "state-4.safetensors"
    }  # fmt: skip
    stage.finish(["snapshot-1"], "cpu")
    assert not list(interrupted.glob("state*"))
    assert json.loads((interrupted / MANIFEST).read_text())["files"].keys() == {
        "config.json", "record.json", "snapshot-1"
    }  # fmt: skip
