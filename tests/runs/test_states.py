"""Two saved states are kept: the newest whole one is used; what has no listing is moved aside."""

import errno
import json
import shutil
from pathlib import Path

import pytest
import torch
from made_stage import KEY, OTHER, make
from processes import flip

from dmdrepro.runs import files
from dmdrepro.runs.errors import DamagedArtifact


@pytest.fixture
def twice(tmp_path) -> Path:
    """A stage's folder with states after steps 1 and 2, and two lines of log."""
    stage = make(tmp_path)
    stage.begin()
    log = stage.open_log()
    for step in (0, 1):
        log.append([{"step": step, "loss": 1.0}])
        files.write_bytes(stage.folder / f"snapshot-{step + 1}.safetensors", b"weights")
        stage.vouch(f"snapshot-{step + 1}.safetensors")
        stage.save_state(step + 1, {"w": torch.full((2,), float(step + 1))}, log)
    log.close()
    return stage.folder


def spoil(file: Path, how: str) -> None:
    if how == "gone":
        file.unlink()
    elif how == "short":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        flip(file)


NEWEST = ("state.json", "state-2.safetensors", "snapshot-2.safetensors", "log.jsonl")


@pytest.mark.parametrize("how", ["gone", "short", "flipped"])
@pytest.mark.parametrize("name", NEWEST)
def test_the_state_before_is_used_where_the_newest_is_damaged_and_said(tmp_path, twice, name, how):
    if (name, how) == ("log.jsonl", "gone"):
        pytest.skip("the log is of both states")
    spoil(twice / name, how)
    stage = make(tmp_path)
    stage.begin()
    step, tensors = stage.load_state()
    assert step == 1
    assert torch.equal(tensors["w"], torch.ones(2))
    (said,) = stage.said
    assert name in said
    assert "resumes from the saved state before, step 1" in said
    log = stage.open_log()
    assert (twice / "log.jsonl").read_text() == '{"step": 0, "loss": 1.0}\n'
    # From here on the damaged one is gone, and the pair is whole again.
    log.append([{"step": 1, "loss": 1.0}])
    files.write_bytes(twice / "snapshot-2.safetensors", b"weights")
    stage.vouch("snapshot-2.safetensors")
    stage.save_state(2, {"w": torch.full((2,), 2.0)}, log)
    again = make(tmp_path)
    assert again.load_state()[0] == 2
    assert again.said == []
    spoil(twice / "state-2.safetensors", "flipped")
    assert make(tmp_path).load_state()[0] == 1


@pytest.mark.parametrize("name", ["state_before.json", "state-1.safetensors"])
def test_a_damaged_state_before_costs_nothing(tmp_path, twice, name):
    spoil(twice / name, "flipped")
    stage = make(tmp_path)
    stage.begin()
    assert stage.load_state()[0] == 2
    assert stage.said == []


@pytest.mark.parametrize("name", ["log.jsonl", "snapshot-1.safetensors", "config.json"])
def test_what_both_states_stand_on_is_refused_by_name(tmp_path, twice, name):
    (twice / name).write_bytes(b"{}")
    with pytest.raises(DamagedArtifact, match=name):
        make(tmp_path).begin() or make(tmp_path).load_state()


def test_a_run_of_before_with_one_state_goes_on(tmp_path, twice):
    (twice / "state_before.json").unlink()
    (twice / "state-1.safetensors").unlink()
    stage = make(tmp_path)
    stage.begin()
    assert stage.load_state()[0] == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("step", "2"), ("step", -1), ("step", True), ("file", 3),
        ("file", "../state-2.safetensors"), ("file", "/etc/passwd"),
        ("sha256", None), ("configuration", []), ("log_bytes", 1.5),
        ("log_bytes", -4), ("log_sha256", {}), ("made", []), ("made", {"a": 1}),
        ("made", {"../a": "0"}), ("wall_s", "long"), ("wall_s", None),
    ],
)  # fmt: skip
def test_a_resealed_state_of_other_types_is_damaged(tmp_path, twice, field, value):
    (twice / "state_before.json").unlink()
    state = json.loads((twice / "state.json").read_text())["state"]
    files.write_sealed(twice / "state.json", "state", {**state, field: value})
    for read in ("progress", "load_state", "open_log", "check_configuration", "begin"):
        with pytest.raises(DamagedArtifact, match=r"state\.json does not hold .*make it again"):
            getattr(make(tmp_path), read)()


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_states_without_a_listing_are_moved_aside_and_said(tmp_path, twice, key):
    before = {p.name: p.read_bytes() for p in twice.iterdir() if p.name.endswith("tensors")}
    (twice / "state.json").unlink()
    (twice / "state_before.json").unlink()
    stage = make(tmp_path, key)
    stage.begin()
    aside = tmp_path / "teacher.old1"
    (said,) = stage.said
    assert str(aside) in said
    assert "manifest.json nor state.json" in said
    assert {p.name: p.read_bytes() for p in aside.iterdir() if p.name in before} == before
    assert [p.name for p in stage.folder.iterdir()] == ["config.json"]


@pytest.mark.parametrize("key", [KEY, OTHER])
@pytest.mark.parametrize("left", ["weights.safetensors", "record.json"])
def test_results_without_a_manifest_are_moved_aside(tmp_path, key, left):
    stage = make(tmp_path)
    stage.begin()
    files.write_bytes(stage.folder / "weights.safetensors", b"hours")
    stage.finish(["weights.safetensors"], "cpu")
    for name in {"manifest.json", "weights.safetensors", "record.json"} - {left}:
        (stage.folder / name).unlink()
    whole = (stage.folder / left).read_bytes()
    again = make(tmp_path, key)
    assert again.unlisted
    again.begin()
    assert (tmp_path / "teacher.old1" / left).read_bytes() == whole
    assert not (again.folder / left).exists()


def test_arrays_are_made_again_under_the_same_configuration_and_kept_under_another(tmp_path):
    stage = make(tmp_path)
    stage.begin()
    (stage.folder / "heatmap.npy").write_bytes(b"array")
    again = make(tmp_path)
    again.begin()
    assert again.said == []
    other = make(tmp_path, OTHER)
    other.begin()
    assert (tmp_path / "teacher.old1/heatmap.npy").read_bytes() == b"array"


def test_a_kill_while_beginning_just_goes_on(tmp_path):
    make(tmp_path).begin()
    for key in (KEY, OTHER):
        stage = make(tmp_path, key)
        stage.begin()
        assert stage.said == []
    assert [p.name for p in tmp_path.iterdir()] == ["teacher"]


def test_a_state_whose_listing_cannot_be_written_leaves_the_room_to_the_next(
    tmp_path, twice, monkeypatch
):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    stage = make(tmp_path)
    stage.begin()
    stage.load_state()
    before = {p.name: p.read_bytes() for p in twice.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr("dmdrepro.runs.state.write_sealed", full)
        with pytest.raises(OSError, match="No space"):
            stage.save_state(3, {"w": torch.ones(2)})
    assert {p.name: p.read_bytes() for p in twice.iterdir()} == before
    stage.save_state(3, {"w": torch.ones(2)})
    assert make(tmp_path).load_state()[0] == 3


@pytest.mark.parametrize("listing", ["whole", "flipped", "gone"])
def test_a_state_that_a_kill_left_unlisted_is_dropped_if_the_listing_is_whole(
    tmp_path, twice, listing
):
    shutil.copy(twice / "state-2.safetensors", twice / "state-3.safetensors")
    if listing != "whole":
        spoil(twice / "state.json", listing)
    make(tmp_path).begin()
    kept = {"state-1.safetensors", "state-2.safetensors"}
    kept |= set() if listing == "whole" else {"state-3.safetensors"}
    assert {p.name for p in twice.glob("state-*")} == kept


@pytest.mark.parametrize("moment", ["being made", "begun anew"])
def test_what_another_process_makes_anew_is_not_tidied(tmp_path, twice, moment):
    """`--fresh` of another one, after this one has seen that the stage is done."""
    done, other = make(tmp_path), make(tmp_path)
    if moment == "begun anew":
        other.set_aside()
        other.begin()
        other.save_state(1, {"w": torch.ones(2)})
        done.tidy()
    else:
        files.write_manifest(twice, ["config.json"])
        with other.locked():
            done.tidy()
    assert (twice / "state.json").is_file()
    assert (twice / "state-1.safetensors").is_file()


def test_a_kill_between_manifest_and_cleanup_is_cleaned_and_nothing_of_the_users(tmp_path, twice):
    stage = make(tmp_path)
    stage.begin()
    stage.load_state()
    kept = {p.name: p.read_bytes() for p in twice.glob("state*")}
    stage.finish(["snapshot-1.safetensors", "snapshot-2.safetensors"], "cpu")
    for name, data in kept.items():
        (twice / name).write_bytes(data)
    (twice / "record.json.77.part").write_bytes(b"half")
    users = {"state-298.safetensors.bak", "state-x.safetensors", "notes.txt.12.part", "a.json.part"}
    for name in users:
        (twice / name).write_bytes(b"mine")
    done = make(tmp_path)
    assert done.done
    done.tidy()
    assert {p.name for p in twice.iterdir()} == users | {
        "config.json", "record.json", "manifest.json", "log.jsonl",
        "snapshot-1.safetensors", "snapshot-2.safetensors",
    }  # fmt: skip
