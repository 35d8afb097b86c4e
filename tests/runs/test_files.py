"""A changed byte never passes unseen."""

import json
import math
import os
import threading

import pytest
from processes import flip

from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.files import (
    MANIFEST,
    json_text,
    verify_manifest,
    write_bytes,
    write_json,
    write_manifest,
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.npy").write_bytes(bytes(range(64)))
    write_json(tmp_path / "record.json", {"x": 1.5})
    write_manifest(tmp_path, ["a.npy", "record.json"])
    return tmp_path


def test_an_untouched_folder_verifies(folder):
    assert set(verify_manifest(folder)) == {"a.npy", "record.json"}


@pytest.mark.parametrize("name", ["a.npy", "record.json", MANIFEST])
def test_every_single_flipped_byte_is_seen(folder, name):
    whole = (folder / name).read_bytes()
    for place in range(len(whole)):
        flip(folder / name, place)
        with pytest.raises(DamagedArtifact):
            verify_manifest(folder)
        (folder / name).write_bytes(whole)
    verify_manifest(folder)


def test_a_missing_file_is_named(folder):
    (folder / "a.npy").unlink()
    with pytest.raises(DamagedArtifact, match=r"a\.npy is missing"):
        verify_manifest(folder)


def test_json_is_strict_and_infinity_is_a_word():
    found = json.loads(json_text({"delta_e": math.inf, "n": (1, 2)}))
    assert found == {"delta_e": "inf", "n": [1, 2]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"delta_e": math.nan})


def test_a_link_is_kept_and_its_file_written(tmp_path):
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_bytes() == b"new"


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, b"through")
    reader.join()
    assert read == [b"through"]
    assert pipe.is_fifo()


def test_a_part_of_somebody_elses_is_left_alone(tmp_path):
    (tmp_path / "x.json.part").write_bytes(b"mine")
    write_bytes(tmp_path / "x.json", b"{}")
    found = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert found == {"x.json": b"{}", "x.json.part": b"mine"}
