"""Independent stages in processes side by side: the same results, stops, refusals."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch
from command import command
from processes import FAST, begin, reproduce, tree

from dmdrepro.cli import execute
from dmdrepro.cli.options import Request
from dmdrepro.cli.plan import STAGES, make_plan, make_study_plan
from dmdrepro.cli.side_by_side import MOST, Worker, _answer, _run, _send, groups, jobs_of
from dmdrepro.experiments import STUDIES
from dmdrepro.runs.errors import RunError
from dmdrepro.stages.context import Context
from dmdrepro.training.session import Session

PROC = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="this system has no /proc")
CPU = torch.device("cpu")
NAMES = ("chessboard", "mlp-manifold")


def plan_of(*names, size="laptop"):
    return make_plan(Request(list(names), size, "cpu", runs=Path("nowhere")), STAGES)


def test_two_processes_make_the_bytes_that_one_makes(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # what each of two has of two
    for jobs in (1, 2):
        printed = reproduce("all", *NAMES, *FAST, "--jobs", jobs, "--runs", tmp_path / str(jobs))
        assert ("2 processes side by side" in printed) == (jobs == 2)
    one, two = tree(tmp_path / "1"), tree(tmp_path / "2")
    assert {name.split("/")[2] for name in one if name.endswith(".npy")} == set(NAMES)
    assert one == two


def endless(runs: Path) -> tuple[str, ...]:
    return ("--set", "teacher.snapshots=1000000", "--jobs", "2", "--runs", str(runs))


def teachers(runs: Path) -> list[Path]:
    return [runs / "smoke/seed0" / name / "teacher" for name in NAMES]


def started(runs: Path) -> subprocess.Popen:
    """With two teachers to train, for hours; a group of its own, as a terminal's command is."""
    words = ("all", *NAMES, *FAST, *endless(runs))
    return begin("reproduce.py", *words, start_new_session=True)


def in_both_loops(runs: Path) -> subprocess.Popen:
    """Both teachers are being trained."""
    process = started(runs)
    waited = time.monotonic()
    while not all((teacher / "log.jsonl").is_file() for teacher in teachers(runs)):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() - waited < 120
        time.sleep(0.1)
    time.sleep(0.5)
    return process


def workers(process: subprocess.Popen) -> list[int]:
    """The processes that it has started, as long as they live."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [
        int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


@pytest.mark.parametrize(
    ("send", "number"),
    [
        (os.kill, signal.SIGTERM),
        (os.killpg, signal.SIGHUP),  # a closed terminal tells every process of its command
        (os.killpg, signal.SIGUSR1),  # so does Slurm
    ],
)
def test_a_stop_reaches_both_and_both_save(tmp_path, send, number):
    process = in_both_loops(tmp_path)
    send(process.pid, number)
    printed = process.communicate(timeout=120)[0]
    assert process.returncode == 128 + number, printed
    assert "saved. Run the same command again" in printed
    assert "Traceback" not in printed
    assert all((teacher / "state.json").is_file() for teacher in teachers(tmp_path))
    printed = command("all", *NAMES, *FAST[:-1], *endless(tmp_path), "--dry-run")
    assert printed.count("stopped at step") == 2


@PROC
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_all_while_processes_begin_is_a_sentence(tmp_path, number, code):
    process = started(tmp_path)
    waited = time.monotonic()
    while len(workers(process)) < 2:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() - waited < 120
        time.sleep(0.02)
    os.killpg(process.pid, number)
    printed = process.communicate(timeout=120)[0]
    assert process.returncode == code, printed
    assert "Run the same command again" in printed
    assert "Traceback" not in printed


@PROC
def test_a_second_signal_ends_processes_that_do_not_stop(tmp_path):
    process = in_both_loops(tmp_path)
    left = workers(process)
    for pid in left:  # they can do nothing: not even save
        os.kill(pid, signal.SIGSTOP)
    os.kill(process.pid, signal.SIGTERM)
    time.sleep(1)
    assert process.poll() is None  # it waits for them to save
    os.kill(process.pid, signal.SIGTERM)
    printed = process.communicate(timeout=60)[0]
    assert process.returncode == 143, printed
    assert not any(Path(f"/proc/{pid}").exists() for pid in left)


@PROC
def test_a_killed_process_is_a_sentence_and_the_other_saves(tmp_path):
    process = in_both_loops(tmp_path)
    os.kill(workers(process)[0], signal.SIGKILL)
    printed = process.communicate(timeout=120)[0]
    assert process.returncode == 1, printed
    assert "A process was killed from outside" in printed
    assert "Traceback" not in printed


@PROC
def test_a_process_at_its_limit_of_processor_time_ends_the_command_and_all_save(tmp_path):
    process = in_both_loops(tmp_path)
    os.kill(workers(process)[0], signal.SIGXCPU)  # which the system sends to that one alone
    printed = process.communicate(timeout=120)[0]
    assert process.returncode == 1, printed
    assert "A process was told to end from outside" in printed
    assert "Traceback" not in printed
    assert all((teacher / "state.json").is_file() for teacher in teachers(tmp_path))


def test_a_group_for_a_process_that_has_ended_is_no_broken_pipe():
    ours, theirs = multiprocessing.Pipe()
    theirs.close()
    process = multiprocessing.get_context("spawn").Process(target=str)
    process.start()
    process.join()
    worker = Worker(process, ours, [])
    _send(worker)
    with pytest.raises(RunError, match="A process was killed from outside"):
        _answer(worker, Session())


@pytest.mark.parametrize(
    ("place", "error", "words"),
    [
        (
            "dmdrepro.cli.side_by_side._start",
            BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
            "`ulimit -u`",
        ),
        (
            "multiprocessing.sharedctypes.RawValue",
            OSError(errno.EROFS, "Read-only file system", "/dev/shm/pym-1"),
            "/dev/shm/pym-1: Read-only file system",
        ),
        ("dmdrepro.cli.side_by_side._start", OSError(errno.EMFILE, "Too many"), "`ulimit -n`"),
    ],
)
def test_what_cannot_be_started_names_the_way_without(tmp_path, monkeypatch, place, error, words):
    def refused(*_):
        raise error

    monkeypatch.setattr(place, refused)
    runs = ("--runs", tmp_path)
    printed = command("all", *NAMES, *FAST[:-1], "--jobs", 2, *runs, code=1)
    assert words in printed
    assert "--jobs 1" in printed
    assert printed.count("Error: ") == 1


@PROC
def test_processes_save_and_end_when_nobody_waits_for_them(tmp_path):
    process = in_both_loops(tmp_path)
    orphans = workers(process)
    assert len(orphans) == 2
    process.kill()
    process.communicate(timeout=120)
    waited = time.monotonic()
    while any(Path(f"/proc/{pid}/cmdline").is_file() for pid in orphans):
        assert time.monotonic() - waited < 60
        time.sleep(0.2)
    assert all((teacher / "state.json").is_file() for teacher in teachers(tmp_path))


def test_a_full_disk_in_a_process_is_a_sentence(monkeypatch):
    def make(task, context):
        raise OSError(28, "No space left on device", "/runs/x.npy")

    monkeypatch.setattr(execute, "make", make)
    place, error = _run([object()], Context(Session()))
    assert place == 0
    assert isinstance(error, RunError)
    assert str(error).startswith("/runs/x.npy: No space left on device; free space there")


def test_one_experiments_trouble_is_a_sentence(tmp_path):
    command("teacher", "ring", *FAST[:-1], "--runs", tmp_path, "--set", "teacher.lr=0.01")
    printed = reproduce("all", "chessboard", "ring", *FAST, "--jobs", 2, "--runs", tmp_path, code=1)
    assert "teacher.lr: 0.01 there, 0.001 now" in printed


def test_without_names_the_others_go_on(tmp_path):
    command("teacher", "ring", *FAST[:-1], "--runs", tmp_path, "--set", "teacher.lr=0.01")
    printed = reproduce(
        "all", *FAST, "--jobs", 2, "--runs", tmp_path, "--set", "distill.iterations=5", code=1
    )
    assert "teacher ring failed: " in printed
    assert "evaluate chessboard (teacher of 60 iterations): done" in printed
    assert "1 failed: ring." in printed


def test_teachers_come_before_students_and_shared_ones_once():
    first, second = groups(plan_of("chessboard", "mlp-manifold"))
    assert [[task.stage for task in group] for group in first] == [["teacher"]] * 2
    assert [[task.stage for task in group] for group in second] == [
        ["distill", "sample", "evaluate"]
    ] * 2
    study = STUDIES["start"]
    request = Request([study.experiment], study.size, "cpu", runs=Path("nowhere"))
    first, second = groups(make_study_plan(study, (0, 1), request))
    assert len(first) == 2  # a seed's arms share one
    assert len(second) == 2 * len(study.arms)


@pytest.mark.parametrize(
    ("wanted", "names", "size", "threads", "jobs"),
    [
        (None, ("chessboard", "ring"), "laptop", 2, 2),
        (None, ("chessboard", "ring"), "laptop", 1, 1),
        (None, ("chessboard",), "laptop", 8, 1),  # nothing to do beside it
        (None, ("chessboard", "ring"), "smoke", 8, 1),  # over before a process has begun
        (None, ("chessboard", "ring", "moons", "mlp-manifold"), "laptop", 64, MOST),
        (3, ("chessboard", "ring"), "smoke", 1, 2),
    ],
)
def test_how_many_processes(wanted, names, size, threads, jobs):
    assert jobs_of(wanted, plan_of(*names, size=size), CPU, threads) == jobs


def test_a_gpu_is_one_place():
    assert jobs_of(None, plan_of("chessboard", "ring"), torch.device("cuda"), 16) == 1


def test_no_process_at_all_is_refused_before_anything():
    for dry in ((), ("--dry-run",)):
        assert "--jobs" in command("all", "ring", "--jobs", 0, *dry, code=2)
