"""Chains in processes side by side: the same results, stops, what ends a process and the others."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from command import SMOKE, command, plan_of
from processes import LONG_S, begin, ended, reproduce, tree, wait_for

from dmdrepro.pipeline import processes
from dmdrepro.pipeline.chains import make_chains
from dmdrepro.pipeline.processes import Processes
from dmdrepro.runs.errors import RunError, Stopped
from dmdrepro.training.session import Progress, Session

CPU = torch.device("cpu")
NAMES = ("chessboard", "ring")


def started(runs: Path, *settings: str) -> subprocess.Popen:
    """Two teachers are being trained, in a group of its own, as a terminal's command is."""
    words = ("all", *NAMES, *SMOKE, *settings, "--jobs", 2, "--runs", runs)
    process = begin("reproduce.py", *words, start_new_session=True)
    wait_for(process, lambda: all((place / "log.jsonl").is_file() for place in teachers(runs)))
    return process


def teachers(runs: Path) -> list[Path]:
    return [runs / "smoke/seed0" / name / "teacher" for name in NAMES]


def children(process: subprocess.Popen) -> list[int]:
    """The commands that it has started, as long as they live."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(pid) for pid in found if b"--lifeline" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_both_save_at_a_stop_and_end_with_the_bytes_of_one_process(tmp_path):
    settings = ("--set", "teacher.snapshots=1500", "--set", "distill.iterations=10")
    process = started(tmp_path / "two", *settings)
    process.send_signal(signal.SIGTERM)
    assert "saved. Run the same command again" in ended(process, 143)
    assert all((place / "state.json").is_file() for place in teachers(tmp_path / "two"))
    printed = reproduce("all", *NAMES, *SMOKE, *settings, "--jobs", 2, "--runs", tmp_path / "two")
    assert "2 processes side by side" in printed
    assert printed.count("going on from") == 2
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // 2))
    try:
        command("all", *NAMES, *SMOKE, *settings, "--jobs", 1, "--runs", tmp_path / "one")
    finally:
        torch.set_num_threads(threads)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_processes_save_and_end_when_nobody_waits_for_them(tmp_path):
    process = started(tmp_path, "--set", "teacher.snapshots=1000000")
    process.kill()
    process.communicate(timeout=LONG_S)
    began = time.monotonic()
    while not all((place / "state.json").is_file() for place in teachers(tmp_path)):
        assert time.monotonic() - began < LONG_S
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="this system has no /proc")
def test_a_signal_to_all_while_processes_begin_is_a_sentence(tmp_path):
    words = ("all", *NAMES, *SMOKE, "--jobs", 2, "--runs", tmp_path)
    process = begin("reproduce.py", *words, start_new_session=True)
    wait_for(process, lambda: len(children(process)) == 2)
    os.killpg(process.pid, signal.SIGINT)
    assert "Run the same command again" in ended(process, 130)


def test_one_experiments_trouble_is_a_sentence(tmp_path):
    command("teacher", "ring", *SMOKE, "--runs", tmp_path, "--set", "teacher.lr=0.01")
    printed = reproduce("all", *NAMES, *SMOKE, "--jobs", 2, "--runs", tmp_path, code=1)
    assert "teacher.lr: 0.01 there, 0.001 now" in printed
    assert printed.count("Error: ") == 1


def test_a_process_that_cannot_be_started_names_the_way_without(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(processes.subprocess, "Popen", refused)
    printed = command("all", *NAMES, *SMOKE, "--jobs", 2, "--runs", tmp_path, code=1)
    assert "`ulimit -u`" in printed
    assert "use --jobs 1" in printed


# --- the executor, with processes that do no work ---

# Each leaves a file a chain; what it does then is told by the experiment's name.
CHILD = """
import json, os, signal, sys, time
lifeline = int(sys.argv[-1].partition("=")[2])
for line in sys.stdin:
    name, words = json.loads(line)[1], line
    stages = next(w.partition("=")[2] for w in json.loads(line) if w.startswith("--stages="))
    def leave(what):
        with open(os.path.join({folder!r}, f"{{name}}-{{stages}}"), "w") as file:
            file.write(what)
    leave("begun")
    def wait():
        os.read(lifeline, 1)
        leave("saved")
        sys.exit(130)
    {does}
    {then}
"""


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Runs the chains of three teachers' experiments; `does`: Python of the process.

    Returns what failed, and what each process left.
    """

    def run(does: str, session=None, names=NAMES, complain=print, then="break", answered=None):
        does = does.replace("\n", "\n    ")
        code = CHILD.format(folder=str(tmp_path), does=does, then=then)
        monkeypatch.setattr(processes, "as_now", lambda: [sys.executable, "-c", code])
        plan, found, session = plan_of(*names, size="laptop"), {}, session or Session()

        def failed(task, error):
            found[task.run.experiment.name] = f"{task.stage}: {error}"
            plan.cannot[task.run.experiment.name] = str(error)

        try:
            context = SimpleNamespace(session=session, answered=answered)
            executor = Processes(plan, context, 2, 2, complain)
            make_chains(plan, executor, session, failed)
        finally:
            executor.close()
            left = {p.name: p.read_text() for p in tmp_path.iterdir()}
        return found, left

    return run


def test_the_others_go_on_where_one_fails(made):
    said = []
    failing = "if name == 'ring': sys.exit(print('a warning\\nError: no', file=sys.stderr) or 1)"
    found, left = made(failing, complain=said.append)
    assert found == {"ring": "teacher: no"}
    assert said == ["a warning"]
    whole = {"chessboard-teacher", "chessboard-distill,sample,evaluate"}
    assert set(left) == whole | {"ring-teacher"}


def test_an_answer_is_told_with_whose_it_is(made):
    told = []
    made(
        """if 'evaluate' in stages: os.write(lifeline, b'["answer", 60, {"n": 7}]\\n')""",
        answered=lambda run, *what: told.append((run.name, *what)),
    )
    assert sorted(told) == [(name, 60, {"n": 7}) for name in NAMES]


def test_a_process_makes_chains_one_after_the_other(made, capsys):
    """It says all of one before the next begins. One that failed makes no more."""
    fail = "if name == 'ring': sys.exit(print('Error: no', file=sys.stderr) or 1)"
    found, left = made(
        f"leave(str(os.getpid()))\nprint(name, flush=True)\n{fail}",
        names=("ring", "chessboard", "moons"),
        then="""os.write(lifeline, b'["done"]\\n')""",
    )
    assert found == {"ring": "teacher: no"}
    after = {left[name] for name in left if name != "ring-teacher"}
    assert len(left) == 5
    assert len(after) <= 2
    assert left["ring-teacher"] not in after
    assert sorted(capsys.readouterr().out.split()) == ["chessboard"] * 2 + ["moons"] * 2 + ["ring"]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "A process was killed from outside"),
        ("sys.exit(128 + signal.SIGXCPU)", "A process was told to end from outside"),
        ("sys.exit('a fault')", r"ended by itself \(exit status 1;"),
    ],
)
def test_a_process_that_ends_otherwise_is_a_sentence_and_others_save(made, tmp_path, end, words):
    begun = f"while not os.path.exists({str(tmp_path / 'chessboard-teacher')!r}): time.sleep(0.01)"
    with pytest.raises(RunError, match=words):
        made(f"if name == 'chessboard': wait()\n{begun}\n{end}")
    assert (tmp_path / "chessboard-teacher").read_text() == "saved"


def test_a_second_signal_ends_processes_that_do_not_stop(made, tmp_path):
    """They do not heed the first: nothing closes, nobody saves."""

    class Asked:
        device, looks, say, progress = CPU, 0, print, Progress()

        @property
        def stop_requested(self):
            if len(list(tmp_path.iterdir())) == 2:
                self.looks += 1
                if self.looks > 5:
                    raise KeyboardInterrupt
            return self.looks > 0

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        made("time.sleep(3600)", Asked())
    assert time.monotonic() - began < LONG_S
    assert [p.read_text() for p in tmp_path.iterdir()] == ["begun", "begun"]


def test_processes_whose_output_nobody_reads_stop_the_command(made):
    session = Session()
    session.say = lambda words: setattr(session, "stop_requested", True)
    with pytest.raises(Stopped):
        made("sys.exit(128 + 13)", session)
