"""A signal or an error leaves a sentence, the right exit code and a terminal as it was."""

import contextlib
import os
import pty
import signal

import pytest
from command import SMOKE, normal, saved
from processes import begin, environment

from dmdrepro.cli.signals import STOPS

HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"
PLACES = [
    ("all", "dmdrepro.pipeline.plan:resolve"),
    ("all", "dmdrepro.paper_figures:save_all"),
    ("all", "dmdrepro.cli.results:write_tables"),
    ("figures", "dmdrepro.paper_figures:save_all"),
    ("compare", "dmdrepro.comparison.measure:pairing_inefficiency"),
]
CASES = [(*place, number) for place in PLACES for number in (signal.SIGTERM, signal.SIGINT)]
CASES += [(*PLACES[0], number) for number in STOPS[2:]]


@pytest.mark.parametrize(("name", "place", "number"), CASES)
def test_a_signal_outside_the_stages_gets_a_sentence(runs, stopped, name, place, number):
    before = signal.getsignal(signal.SIGTERM)
    words = ("chessboard", *SMOKE, "--runs", runs)
    if name == "compare":
        words = saved(runs, a=normal(0, 10, 2), b=normal(1, 10, 2))
    printed = stopped(place, 1, number, name, *words)
    assert printed.splitlines()[-1].startswith("Stopped. Run the same command again")
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("named", [True, False])
def test_an_error_in_a_terminal_gives_the_cursor_back_first(tmp_path, named):
    """The learning rate makes the loss infinite while the bar is shown."""
    leader, follower = pty.openpty()
    names = ("chessboard",) if named else ()
    settings = ("--set", "teacher.lr=1e30", "--set", "teacher.snapshots=30")
    words = ("teacher", *names, *SMOKE, "--runs", tmp_path, *settings)
    env = environment() | {"TERM": "xterm-256color", "COLUMNS": "100"}
    terminal = {"stdout": follower, "stderr": follower}
    process = begin("reproduce.py", *words, env=env, text=False, **terminal)
    os.close(follower)
    printed = b""
    with contextlib.suppress(OSError):  # Linux's end of file, once the process has gone
        while part := os.read(leader, 65536):
            printed += part
            if b"failed: " in printed:  # without names the next experiment's turn has come
                process.terminate()
    os.close(leader)
    code = process.wait()
    assert b"Traceback" not in printed
    assert printed.count(HIDE) >= 1
    assert printed.count(HIDE) == printed.count(SHOW)
    assert code == (1 if named else 143)
    if named:
        assert printed.rindex(SHOW) < printed.index(b"Error: ")
    mark = b"Error: " if named else b"failed: teacher chessboard, seed 0"
    before = printed[: printed.index(mark)]
    assert before.count(HIDE) == before.count(SHOW)
    assert before.endswith((b"\r", b"\n", b"\x1b[2K", b"\x1b[1A", b"\x1b[?25h")), before[-60:]
