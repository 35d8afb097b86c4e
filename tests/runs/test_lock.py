"""Who holds a stage is told; a dead holder blocks nobody; no locks, no run."""

import errno
import os
import platform
import subprocess
from unittest import mock

import pytest
from processes import begin

from dmdrepro.runs import lock
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.stage import Stage

HOLD = """
import sys, time
from pathlib import Path
from dmdrepro.runs.lock import locked
with locked(Path(sys.argv[1]), "teacher ring"):
    print("held", flush=True)
    time.sleep(3600)
"""


def stage_in(tmp_path) -> Stage:
    return Stage(tmp_path / "teacher", {}, "teacher ring")


def holder(tmp_path) -> subprocess.Popen:
    process = begin("-c", HOLD, tmp_path / "teacher")
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_host_process_and_since_when_and_a_dead_one_blocks_nobody(tmp_path):
    process = holder(tmp_path)
    try:
        with pytest.raises(lock.Busy) as refused, stage_in(tmp_path).locked():
            pass
        words = str(refused.value)
        assert f"process {process.pid} on {platform.node()}, since 20" in words
        assert str(tmp_path / "teacher") in words
    finally:
        process.kill()
        process.communicate()
    assert (tmp_path / ".teacher.lock.json").is_file()
    with stage_in(tmp_path).locked():
        pass
    assert [p.name for p in tmp_path.iterdir()] == [".teacher.lock"]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"pid": "x"}', '{"pid": 1, "host": 2, "since": 3}', "\x00\xff"]
)
def test_an_unreadable_owner_is_left_out(tmp_path, text):
    first = stage_in(tmp_path).locked()
    with first:
        (tmp_path / ".teacher.lock.json").write_text(text)
        with pytest.raises(lock.Busy, match="Another process is making"):
            stage_in(tmp_path).locked().__enter__()


def test_an_owner_holds_no_control_characters(tmp_path):
    with stage_in(tmp_path).locked():
        owner = {"pid": 1, "host": "a\x1b[2Jb", "since": "now"}
        lock.write_json(tmp_path / ".teacher.lock.json", owner)
        with pytest.raises(lock.Busy, match=r"process 1 on a\[2Jb, since now"):
            stage_in(tmp_path).locked().__enter__()


def refuse(monkeypatch, number):
    error = OSError(number, os.strerror(number))
    monkeypatch.setattr(lock.fcntl, "flock", mock.Mock(side_effect=error))


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named_with_its_remedy(tmp_path, monkeypatch, number):
    refuse(monkeypatch, number)
    with pytest.raises(RunError) as refused, stage_in(tmp_path).locked():
        pass
    words = str(refused.value)
    assert str(tmp_path / ".teacher.lock") in words
    assert os.strerror(number) in words
    assert "--runs folder on a local disk" in words


def test_another_error_names_the_lock(tmp_path, monkeypatch):
    refuse(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match="Input/output") as refused, stage_in(tmp_path).locked():
        pass
    assert refused.value.filename == str(tmp_path / ".teacher.lock")
