"""What is printed where: names with control characters, no width, no reader, no room."""

import io
import os
import unicodedata

import numpy as np
import pytest
from command import SMOKE, command, invoke
from processes import completed, environment, heed_signals
from rich.table import Table
from rich.text import Text

from dmdrepro.cli.console import PlainConsole, visible
from dmdrepro.cli.output import mind_width
from dmdrepro.cli.progress import Display

# Red; the window's title; one line over another; C1's introducer; what turns the writing round.
EVIL = "a\x1b[31mb\x1b]0;title\x07c\rd\x9b31me\u202ef\x7f\bg\nError: forged"
SHOWN = visible(EVIL)


def assert_harmless(printed: str, *, lines: str = "\n") -> None:
    bad = [c for c in printed if unicodedata.category(c) in ("Cc", "Cs") and c not in lines]
    assert not bad, printed
    assert not set(printed) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028")


def reproduce(*words: str, **changed: str):
    return completed("reproduce.py", *words, env=environment() | changed)


def test_control_characters_are_written_out():
    assert_harmless(SHOWN, lines="")
    assert visible("\x1b\r\n\t\x7f\x9b\u202e") == r"\x1b\r\n\t\x7f\x9b\u202e"
    assert visible(os.fsdecode(b"\xff.npy")) == r"\xff.npy"
    assert visible("Φ_8 → [x] × 3") == "Φ_8 → [x] × 3"


@pytest.mark.parametrize("width", [40, 200])
def test_every_kind_of_thing_that_is_printed_is_harmless(width):
    out = io.StringIO()
    console = PlainConsole(file=out, width=width)
    table = Table(EVIL, title=EVIL, caption=EVIL)
    table.add_column(Text(EVIL))
    table.add_row(EVIL, Text(EVIL))
    for thing in (EVIL, Text(EVIL), table, [EVIL]):
        console.print(thing)
    assert_harmless(out.getvalue())
    assert out.getvalue().splitlines()[0] == SHOWN
    edges = [line for line in out.getvalue().splitlines() if line.startswith("│")]
    assert edges
    assert all(line.endswith("│") for line in edges)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_progress_bars_name_is_harmless(terminal):
    out = io.StringIO()
    display = Display(PlainConsole(file=out, width=200, force_terminal=terminal))
    with display.at(EVIL, 10) as row:
        row.update(4, {"loss": 1.0})
        row.note(EVIL)
        display.look(quiet_s=0)
    assert SHOWN in out.getvalue()
    assert "\x1b[31m" not in out.getvalue()
    assert "\x1b]" not in out.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        ("teacher", EVIL, *SMOKE),
        ("teacher", "chessboard", *SMOKE, "--set", f"{EVIL}=1"),
        ("teacher", "chessboard", *SMOKE, "--set", f"teacher.lr={EVIL}"),
        ("teacher", "chessboard", "--size", EVIL),
        ("teacher", "chessboard", "--gpu", EVIL),
        ("teacher", "chessboard", "--engine", EVIL, *SMOKE),
        ("teacher", "mnist", "--data", EVIL, *SMOKE),
        ("study", EVIL),
        ("study", "start", "--arm", EVIL),
        ("study", "start", "--seeds", EVIL),
        ("bench", "--only", EVIL),
        ("compare", EVIL, EVIL),
        (EVIL,),
        (f"--{EVIL}",),
        ("teacher", f"--{EVIL}"),
        ("known", EVIL),
    ],
)
def test_what_the_user_wrote_comes_back_harmless(words):
    result = invoke(*words)
    assert result.exit_code in (1, 2)
    assert_harmless(result.output)
    assert "a\\x1b[31mb" in "".join(result.output.replace("│", "").split())


def test_folders_and_keys_are_shown_harmless(tmp_path):
    runs = tmp_path / EVIL.replace("/", "")
    for words in (("list",), ("teacher", "chessboard", *SMOKE, "--dry-run"), ("all", *SMOKE)):
        dry = () if words[0] == "list" else ("--dry-run",)
        printed = command(*words, *dry, "--runs", runs)
        assert_harmless(printed)
        assert "\\x1b[31mb" in printed.replace("\n", "")
    file = tmp_path / "two.npz"
    np.savez(file, **{EVIL.replace("\n", "").replace("/", ""): np.zeros((4, 2)), "b": np.ones(3)})
    printed = command("compare", file, file, code=1)
    assert_harmless(printed)
    assert "\\x1b[31mb" in printed


@pytest.mark.parametrize("columns", ["0", "1", "-5", "abc", "", "39", "1e3", "²", "40"])
def test_an_impossible_width_is_none(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    mind_width()
    assert os.environ.get("COLUMNS") == ("40" if columns == "40" else None)


def test_an_impossible_width_swallows_nothing():
    width = {"COLUMNS": "0", "TERM": "xterm"}
    done = reproduce("list", **width)
    assert done.returncode == 0
    assert "mnist-conditional" in done.stdout
    done = reproduce("teacher", "chesboard", **width)
    assert done.stderr.startswith("Error: There is no experiment 'chesboard'; did you mean")
    done = reproduce("--bogus", **width)
    assert "No such option: --bogus" in done.stderr


def test_a_possible_width_is_kept():
    done = reproduce("all", "--dry-run", *SMOKE, COLUMNS="60", TERM="xterm")
    assert max(len(line) for line in done.stdout.splitlines() if line.startswith("│")) == 60


@pytest.mark.parametrize("words", [("list",), ("--help",), ("all", "--dry-run", *SMOKE)])
def test_a_reader_that_is_gone_ends_it_quietly(words):
    reading, writing = os.pipe()
    os.close(reading)
    done = completed("reproduce.py", *words, stdout=writing)
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == ""


def test_errors_that_nobody_reads_leave_the_exit_code():
    reading, writing = os.pipe()
    os.close(reading)
    done = completed("reproduce.py", "teacher", "nothing", stdout=writing, stderr=writing)
    os.close(writing)
    assert done.returncode == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [("list",), ("--help",)])
def test_a_full_disk_behind_the_output_is_a_sentence(words):
    with open("/dev/full", "w") as full:
        done = completed("reproduce.py", *words, stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: standard output: No space left on device")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
@pytest.mark.parametrize(("words", "code"), [(["list"], 0), (["teacher", "nothing"], 1)])
def test_closed_streams_change_nothing(closed, words, code):
    def close() -> None:
        heed_signals()
        for descriptor in closed:
            os.close(descriptor)

    done = completed("reproduce.py", *words, preexec_fn=close)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_an_alphabet_without_our_characters_is_no_error():
    done = reproduce("evaluate", "--help", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    done = reproduce("teacher", "Φ", PYTHONIOENCODING="latin-1")
    assert "There is no experiment '\\u03a6'" in done.stderr
