"""Signals in the middle of the work: which are heeded, what is saved, what insists."""

import os
import signal
import subprocess
import textwrap
import time
from pathlib import Path

import pytest
from command import SMOKE
from conftest import ROOT
from processes import begin, chessboard, completed, ended, environment, wait_for

from dmdrepro.cli import signals
from dmdrepro.cli.signals import STOPS, Interrupted, Listener
from dmdrepro.training.session import Session

INT, TERM, HUP, USR1 = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1


def training(runs: Path, ignored: tuple[int, ...] = ()) -> subprocess.Popen:
    """A teacher that is being trained, for hours."""
    words = ("teacher", "chessboard", *SMOKE, "--runs", runs)
    endless = ("--set", "teacher.snapshots=1000000")
    process = begin("reproduce.py", *words, *endless, ignored=ignored)
    wait_for(process, (chessboard(runs) / "teacher/log.jsonl").is_file)
    time.sleep(0.3)
    return process


def assert_saved(process: subprocess.Popen, runs: Path, number: int) -> None:
    assert "saved. Run the same command again" in ended(process, 128 + number)
    assert (chessboard(runs) / "teacher/state.json").is_file()


@pytest.mark.parametrize("number", STOPS[2:], ids=lambda n: n.name)
def test_every_stop_signal_saves(tmp_path, stopped, number):
    words = ("teacher", "chessboard", *SMOKE, "--runs", tmp_path)
    printed = stopped("dmdrepro.training.session:Loop.checkpoint", 30, number, *words)
    assert "saved. Run the same command again" in printed
    assert (chessboard(tmp_path) / "teacher/state.json").is_file()


def test_what_was_ignored_at_the_start_stays_ignored_and_sigterm_still_saves(tmp_path):
    """As nohup and a shell's background jobs start it."""
    process = training(tmp_path, ignored=STOPS)
    for number in STOPS:
        if number != TERM:
            process.send_signal(number)
    time.sleep(1)
    assert process.poll() is None
    assert not (chessboard(tmp_path) / "teacher/state.json").exists()
    process.send_signal(TERM)
    assert_saved(process, tmp_path, TERM)


def test_a_signal_that_is_passed_on_twice_still_saves(tmp_path):
    """As `timeout` does, at once to the program and to its group."""
    process = training(tmp_path)
    process.send_signal(TERM)
    time.sleep(0.02)
    process.send_signal(TERM)
    assert_saved(process, tmp_path, TERM)


def test_one_that_comes_while_python_ends_does_not_change_the_status():
    """Python takes our handlers away as it ends: the second would kill it, with its own status."""
    code = """
        import os, signal, sys
        sys.argv = ["reproduce.py", "list"]
        import dmdrepro.cli, dmdrepro.cli.commands

        def stopped(**_):
            raise SystemExit(128 + signal.SIGTERM)

        class Last:
            def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGTERM):
                kill(pid, number)  # when modules are taken apart: after the handlers

        sys.last_object = Last()
        dmdrepro.cli.commands.app = stopped
        dmdrepro.cli.main()
    """
    assert completed("-c", textwrap.dedent(code)).returncode == 128 + TERM


@pytest.fixture
def clock(monkeypatch):
    """Seconds, to be moved by hand."""
    now = [100.0]
    monkeypatch.setattr(signals.time, "monotonic", lambda: now[0])
    return now


def test_the_same_request_again_does_not_cut_the_way_out(clock):
    """Sent twice, the second may come when the work's own listener is gone already."""
    with Listener("") as command:
        with Listener("", Session(in_loop=True)) as work:
            work(TERM, None)
        clock[0] += 0.02
        command(TERM, None)
    assert command.received == [TERM, TERM]


@pytest.mark.parametrize("again", [TERM, HUP, USR1])
def test_the_same_request_does_not_cut_the_end_of_the_loop_that_saves(clock, again):
    """The loop is left, and what says that it has saved is on its way."""
    session = Session(in_loop=True)
    listener = Listener("", session)
    listener(TERM, None)
    session.in_loop = False
    clock[0] += 0.02
    listener(again, None)
    assert session.stop_requested


@pytest.mark.parametrize(
    ("sent", "ends"),
    [
        ([INT, INT], True),
        ([TERM, TERM], True),
        ([INT, TERM], True),
        ([HUP, HUP], False),  # the shell repeats the terminal's
        ([HUP, TERM], False),  # a session's end: the first TERM asks for no more than HUP did
        ([USR1, TERM], False),  # Slurm's warning, then its end, half a minute before KILL
        ([USR1, TERM, TERM], True),
        ([signal.SIGXCPU] * 5, False),  # every second
        ([TERM, HUP], False),
    ],
)
def test_only_a_persons_second_signal_ends_the_work_at_once(clock, sent, ends):
    session = Session(in_loop=True)
    listener = Listener("", session)
    for number in sent[:-1]:
        listener(number, None)
        assert session.stop_requested
        clock[0] += 1
    if ends:
        with pytest.raises(Interrupted):
            listener(sent[-1], None)
    else:
        listener(sent[-1], None)
    assert listener.received[0] == sent[0]


def test_a_reader_that_is_gone_saves_too():
    session = Session(in_loop=True)
    with Listener("", session) as listener:
        signals.reader_is_gone()
        assert session.stop_requested
        session.in_loop = False
    assert listener.received == [signal.SIGPIPE]


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in STOPS]
    with Listener(""):
        assert signal.getsignal(TERM) is not before[1]
    assert [signal.getsignal(number) for number in STOPS] == before


PLACES = {
    # An import whose module catches everything, as some of torch's do.
    "import": "import swallowing",
    "finaliser": """
        class Held:
            def __del__(self):
                os.kill(os.getpid(), number)
        held = Held()
        del held
    """,
    # Nothing tells that this one is lost: the command ends where it would have been done.
    "anything": """
        try:
            os.kill(os.getpid(), number)
        except BaseException:
            pass
    """,
}


@pytest.mark.parametrize("number", [INT, TERM], ids=lambda n: n.name)
@pytest.mark.parametrize("place", PLACES)
def test_a_signal_is_never_swallowed(tmp_path, place, number):
    (tmp_path / "swallowing.py").write_text(
        "import os\ntry:\n    import inner\nexcept BaseException:\n    pass\n"
    )
    (tmp_path / "inner.py").write_text(f"import os\nos.kill(os.getpid(), {int(number)})\n")
    script = tmp_path / "script.py"
    body = textwrap.indent(textwrap.dedent(PLACES[place]).strip(), "        ")
    script.write_text(
        "import os, sys, typer\n"
        "from dmdrepro.cli.guard import guarded\n"
        f"number = {int(number)}\n"
        "def command():\n"
        "    with guarded():\n"
        f"{body}\n"
        "    print('done')\n"
        "typer.run(command)\n"
    )
    path = {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    done = completed(script, env=environment() | path)
    assert done.returncode == 128 + number, done.stderr
    assert "done" not in done.stdout
    assert done.stderr.startswith("Stopped. Run the same command again")
    assert "Traceback" not in done.stderr
