"""The start: a signal gets no traceback of ours and is not swallowed; threads wait briefly.

Before Python has read our first line the signal has Python's own effect, which no program can
change: death by it, for Ctrl-C also an error of Python's start. The system tells which it is:
once SIGTERM has a handler, only a sentence and 128 + its number will do.
"""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command import SMOKE
from conftest import ROOT
from processes import LONG_S, begin, completed, environment

from dmdrepro.cli import wait_briefly

TRIES, AT_ONCE, LAST_S = 8, 4, 2.5
PROC = Path("/proc/self/status")
WAYS = {"reproduce.py": ("reproduce.py",), "module": ("-m", "dmdrepro")}


def handled(pid: int, number: int) -> bool:
    """Whether the process has a handler of its own."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def of_ours(printed: str) -> list[str]:
    """The lines of a traceback in our files; line 0 is the moment before the first.

    An environment in the checkout is not ours: pip's finder is imported before any line of ours.
    """
    places = [line for line in printed.splitlines() if line.strip().startswith('File "')]
    return [
        p for p in places if f'"{ROOT}' in p and ", line 0," not in p and "site-packages" not in p
    ]


def end_of(process: subprocess.Popen, number: int, ours: bool) -> tuple[str, bool]:
    """What a process printed that got a signal, and whether Python's start swallowed the signal.

    Of 1,500 Ctrl-C in its first 0.06 s Python 3.11 printed five and went on. A second one ends it.
    """
    try:
        return process.communicate(timeout=LONG_S if ours else 60)[0], False
    except subprocess.TimeoutExpired:
        assert not ours
        process.send_signal(number)
        return process.communicate(timeout=LONG_S)[0], True


@pytest.mark.skipif(not PROC.is_file(), reason="this system has no /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_signal_at_any_moment_of_the_start_ends_it_with_a_sentence(tmp_path, number):
    draw = random.Random(int(number))
    # Evenly over the time, and half of them in its first tenth, where our own imports are.
    moments = [LAST_S * k / TRIES * (0.1 if k % 2 else 1) for k in range(TRIES)]
    moments = [moment + draw.random() * 0.05 for moment in moments]
    for start in range(0, TRIES, AT_ONCE):
        trials = []
        for k, moment in enumerate(moments[start : start + AT_ONCE], start):
            words = ("all", "chessboard", *SMOKE, "--runs", tmp_path / str(k))
            endless = ("--set", "teacher.snapshots=1000000")
            process = begin("reproduce.py", *words, *endless)
            trials.append((time.monotonic() + moment, process))
        for when, process in sorted(trials, key=lambda trial: trial[0]):
            time.sleep(max(0.0, when - time.monotonic()))
            ours = handled(process.pid, signal.SIGTERM)
            process.send_signal(number)
            printed, swallowed = end_of(process, number, ours)
            if swallowed:
                assert number == signal.SIGINT
                assert process.returncode == 128 + number, printed
                assert "KeyboardInterrupt" in printed, printed
                assert "Run the same command again" in printed
            elif ours or process.returncode == 128 + number:
                assert process.returncode == 128 + number, printed
                assert "Run the same command again" in printed
                assert "Traceback" not in printed
            else:
                assert process.returncode in (-number, 1), printed
                assert not of_ours(printed), printed


@pytest.mark.parametrize("way", WAYS)
def test_the_handlers_come_before_the_libraries(way, tmp_path):
    """What is imported before a signal gets its sentence: little of ours, nothing of others'."""
    script = (
        "import runpy, signal, sys\n"
        "def seen(*_): print(*sorted(m.partition('.')[0] for m in sys.modules)); sys.exit()\n"
        "signal.signal = lambda number, handler: seen() if number == signal.SIGTERM else None\n"
        f"sys.argv = ['x', 'list']; way = {WAYS[way]!r}\n"
        "if way[0] == '-m': runpy.run_module(way[1], run_name='__main__')\n"
        "else: runpy.run_path(way[0], run_name='__main__')\n"
    )
    found = set(completed("-c", script).stdout.split())
    assert "dmdrepro" in found
    assert not found & {"typer", "rich", "numpy", "torch", "dataclasses"}


NAMES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


@pytest.mark.parametrize(
    ("chosen", "spins"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "ACTIVE"}, None)],
)
def test_how_threads_wait_is_set_unless_the_user_has_chosen(monkeypatch, chosen, spins):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    wait_briefly()
    assert os.environ.get("GOMP_SPINCOUNT") == spins
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)  # this process goes on as it was


def test_how_threads_wait_is_set_before_torch_is_imported():
    script = (
        "import os, sys, types, dmdrepro.cli\n"
        "def app(): print('torch' in sys.modules, os.environ['GOMP_SPINCOUNT'])\n"
        "sys.modules['dmdrepro.cli.commands'] = types.SimpleNamespace(app=app)\n"
        "dmdrepro.cli.main()"
    )
    env = {k: v for k, v in environment().items() if k not in NAMES}
    done = completed("-c", script, env=env)
    assert done.stdout.split() == ["False", "1000"]


def test_a_warning_is_one_line_without_its_source():
    script = (
        "import sys, types, warnings; from dmdrepro.cli import main; "
        "app = lambda: warnings.warn('odd'); "
        "sys.modules['dmdrepro.cli.commands'] = types.SimpleNamespace(app=app); main()"
    )
    assert completed("-c", script).stderr == "Warning: odd\n"
