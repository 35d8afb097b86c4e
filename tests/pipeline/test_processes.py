"""Chains in processes side by side: the same results, stops, what ends a process and the others."""

from __future__ import annotations

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
from command import SMOKE, command
from processes import FAST, LONG_S, begin, reproduce, tree, wait_for

from dmdrepro.experiments import STUDIES
from dmdrepro.pipeline import processes
from dmdrepro.pipeline.chains import chains_of, make_chains
from dmdrepro.pipeline.plan import make_plan, make_study_plan
from dmdrepro.pipeline.processes import MOST, Processes, jobs_of
from dmdrepro.pipeline.request import Request
from dmdrepro.pipeline.task import STAGES
from dmdrepro.runs.errors import RunError, Stopped
from dmdrepro.training.session import Progress

CPU = torch.device("cpu")
NAMES = ("chessboard", "ring")


def plan_of(*names, size="laptop", **options):
    return make_plan(Request(list(names), size, "cpu", runs=Path("nowhere"), **options), STAGES)


def study_plan(seeds=(0, 1)):
    study = STUDIES["start"]
    request = Request([study.experiment], study.size, "cpu", runs=Path("nowhere"))
    return make_study_plan(study, seeds, request)


# --- whole commands ---


def started(runs: Path, *settings: str) -> subprocess.Popen:
    """Two teachers are being trained, in a group of its own, as a terminal's command is."""
    words = ("all", *NAMES, *FAST, *settings, "--jobs", 2, "--runs", runs)
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
    printed = process.communicate(timeout=LONG_S)[0]
    assert process.returncode == 143, printed
    assert "saved. Run the same command again" in printed
    assert "Traceback" not in printed
    assert all((place / "state.json").is_file() for place in teachers(tmp_path / "two"))
    printed = reproduce("all", *NAMES, *FAST, *settings, "--jobs", 2, "--runs", tmp_path / "two")
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
    words = ("all", *NAMES, *FAST, "--jobs", 2, "--runs", tmp_path)
    process = begin("reproduce.py", *words, start_new_session=True)
    wait_for(process, lambda: len(children(process)) == 2)
    os.killpg(process.pid, signal.SIGINT)
    printed = process.communicate(timeout=LONG_S)[0]
    assert process.returncode == 130, printed
    assert "Run the same command again" in printed
    assert "Traceback" not in printed


def test_one_experiments_trouble_is_a_sentence(tmp_path):
    command("teacher", "ring", *SMOKE, "--runs", tmp_path, "--set", "teacher.lr=0.01")
    printed = reproduce("all", *NAMES, *FAST, "--jobs", 2, "--runs", tmp_path, code=1)
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
        plan, found = plan_of(*names), {}
        session = session or SimpleNamespace(
            device=CPU, stop_requested=False, say=print, progress=Progress()
        )

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
    assert set(left) == {
        "chessboard-teacher",
        "ring-teacher",
        "chessboard-distill,sample,evaluate",
    }


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

    class Session:
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
        made("time.sleep(3600)", Session())
    assert time.monotonic() - began < LONG_S
    assert [p.read_text() for p in tmp_path.iterdir()] == ["begun", "begun"]


def test_processes_whose_output_nobody_reads_stop_the_command(made):
    session = SimpleNamespace(device=CPU, stop_requested=False, progress=Progress())
    session.say = lambda words: setattr(session, "stop_requested", True)
    with pytest.raises(Stopped):
        made("sys.exit(128 + 13)", session)


# --- which chains, how many, and their commands ---


def test_students_wait_for_their_teachers_which_arms_share():
    found = chains_of(plan_of("chessboard", "mlp-manifold"))
    assert [[task.stage for task in chain.tasks] for chain in found] == [
        ["teacher"],
        ["distill", "sample", "evaluate"],
    ] * 2
    assert [chain.after for chain in found[1::2]] == [{chain.makes} for chain in found[::2]]
    found = chains_of(study_plan())
    assert len({chain.makes for chain in found} - {None}) == 2  # a seed's arms share one
    assert len(found) == 2 + 2 * len(STUDIES["start"].arms)


@pytest.mark.parametrize(
    ("wanted", "names", "size", "threads", "jobs"),
    [
        (None, NAMES, "laptop", 2, 2),
        (None, NAMES, "laptop", 1, 1),
        (None, ("chessboard",), "laptop", 8, 1),  # nothing to do beside it
        (None, NAMES, "smoke", 8, 1),  # over before a process has begun
        (None, ("chessboard", "ring", "moons", "mlp-manifold"), "laptop", 64, MOST),
        (3, NAMES, "smoke", 1, 2),
    ],
)
def test_how_many_processes(wanted, names, size, threads, jobs):
    assert jobs_of(plan_of(*names, size=size, jobs=wanted), CPU, threads) == jobs


def test_a_gpu_is_one_place():
    assert jobs_of(plan_of(*NAMES), torch.device("cuda"), 16) == 1


def command_of(plan, chain, places=2, threads=4):
    session = SimpleNamespace(device=CPU)
    return Processes(plan, SimpleNamespace(session=session), places, threads, print)._words(chain)


def test_a_chains_command_makes_that_chain_alone(tmp_path):
    short = ["teacher.snapshots=5,10", "distill.iterations=5", "data.cells=4"]
    request = Request(list(NAMES), "smoke", "cpu", seed=3, runs=tmp_path, settings=short)
    plan = make_plan(request, STAGES)
    chains = chains_of(plan)
    words = command_of(plan, chains[3])
    assert "--threads=2" in words
    assert "--sharers=2" in words
    assert "--set=data.cells=4" not in words  # the ring has none
    for chain in chains[3:5]:
        printed = command(*command_of(plan, chain))
        assert [line.split()[0] for line in printed.splitlines() if "done in" in line] == [
            task.stage for task in chain.tasks
        ]
    made = {p.parent.name for p in tmp_path.rglob("manifest.json")}
    assert made == {"teacher", "distill-5", "sample-5", "evaluate-5"}
    assert not list(tmp_path.rglob("report.html"))


def test_a_studys_chain_is_named_too(tmp_path):
    study = STUDIES["start"].at("smoke")
    request = Request([study.experiment], "smoke", "cpu", runs=tmp_path)
    plan = make_study_plan(study, (1,), request)
    for chain in chains_of(plan)[:2]:
        command(*command_of(plan, chain))
    folder = tmp_path / "smoke/seed1"
    made = {str(p.parent.relative_to(folder)) for p in folder.rglob("manifest.json")}
    arm = f"chessboard@{study.arms[0].name}"
    assert made == {"chessboard/teacher", *(f"{arm}/{s}-60" for s in STAGES[1:])}
    assert not list(tmp_path.rglob("study.png"))
