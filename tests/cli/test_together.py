"""One command in several ranks: a signal to one, the death of one, torchrun started by us."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
import torch
from command import SMOKE, command, plan_of
from processes import begin, chessboard, ended, environment, wait_for

from dmdrepro.pipeline.processes import jobs_of
from dmdrepro.pipeline.request import Request
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.stage import Stage

ENDLESS = ("teacher", "chessboard", *SMOKE, "--set", "teacher.snapshots=1000000")
KILL, TERM = signal.SIGKILL, signal.SIGTERM


def at_work(script: str, runs: Path, *words: object) -> subprocess.Popen:
    """A command whose training has begun and, if it saves at every step, saved."""
    env = environment() | {"OMP_NUM_THREADS": "1"}
    before = states(runs) if script != "reproduce.py" else None
    process = begin(script, *words, "--runs", runs, env=env)
    log = chessboard(runs) / "teacher/log.jsonl"
    wait_for(process, lambda: log.is_file() and states(runs) != before)
    return process


def states(runs: Path) -> list[Path]:
    return sorted((chessboard(runs) / "teacher").glob("state-*.safetensors"))


def test_a_signal_to_one_rank_saves_and_the_death_of_one_ends_all(tmp_path):
    for number, status, words in (
        (TERM, 130, "saved. Run the same command again"),
        (KILL, 1, "Error: One of the 2 processes of this training has ended"),
    ):
        process = at_work("tests/cli/forked.py", tmp_path, 2, *ENDLESS)
        pids = next(line for line in process.stdout if line.startswith("pids")).split()[1:]
        os.kill(int(pids[1]), number)
        printed = ended(process, status)
        assert printed.count(words) == 1
        assert printed.count("Run the same command again") == 1
        stage = Stage(chessboard(tmp_path) / "teacher", {}, "a test")
        step, _ = stage.load_state()
        assert step > 0


def test_the_command_starts_torchrun_and_a_signal_to_it_saves(tmp_path):
    process = at_work("reproduce.py", tmp_path, *ENDLESS, "--gpus-per-run", 2)
    process.send_signal(TERM)
    assert "saved. Run the same command again" in ended(process, 128 + TERM)
    assert Stage(chessboard(tmp_path) / "teacher", {}, "a test").load_state() is not None


def test_gpus_that_cannot_be_divided_are_refused():
    with pytest.raises(RunError, match="names 3 GPUs, which is no multiple"):
        plan_of("ring", gpu="0-2", gpus_per_run=2)


def test_groups_of_gpus_make_trainings_side_by_side():
    assert Request(gpu="0-3", gpus_per_run=2).devices == ("0,1", "2,3")
    assert Request(gpu="cpu", gpus_per_run=2).devices == ("cpu",)
    assert Request(gpu="0,2").devices == ("0", "2")
    assert Request(gpu="3").devices == ()


def rank(monkeypatch, number: int) -> None:
    told = {"RANK": number, "WORLD_SIZE": 2, "LOCAL_RANK": number, "LOCAL_WORLD_SIZE": 2}
    for name, value in {**told, "MASTER_ADDR": "127.0.0.1"}.items():
        monkeypatch.setenv(name, str(value))


def test_a_rank_has_its_gpu_of_those_named(monkeypatch):
    rank(monkeypatch, 1)
    assert Request(gpu="4-5").own_gpu == "5"
    assert Request(gpu="4-5").devices == ()
    assert Request(gpu="cpu").own_gpu == "cpu"
    with pytest.raises(RunError, match="torchrun has started 2 processes"):
        plan_of("ring", gpus_per_run=2)


def test_ranks_start_no_processes_of_jobs(monkeypatch):
    """These would take themselves for the same ranks."""
    plan = plan_of("ring", "moons", size="laptop")
    assert jobs_of(plan, torch.device("cpu"), 4) == 2
    rank(monkeypatch, 0)
    assert jobs_of(plan, torch.device("cpu"), 4) == 1


def test_other_commands_are_of_one_process(monkeypatch):
    rank(monkeypatch, 0)
    assert "made by one process" in command("sample", "ring", *SMOKE, code=1)
    rank(monkeypatch, 1)
    assert command("sample", "ring", *SMOKE, code=1) == ""
