"""Commands in processes of their own, for the tests of whole runs."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from conftest import ROOT

from dmdrepro.cli.signals import STOPS

LONG_S = 600  # longer than whatever is waited for takes, on a slow machine beside other programs
# In the user's own cache MNIST might be found. Removed when the tests end.
NO_CACHE = tempfile.TemporaryDirectory(prefix="dmdrepro-tests-")


# `limit(SPARE)` leaves this process so many bytes of addresses.
LIMIT = """
import resource
def limit(spare):
    pages = int(open('/proc/self/statm').read().split()[0])
    most = pages * resource.getpagesize() + spare
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
"""


def environment() -> dict[str, str]:
    env = {**os.environ, "COLUMNS": "200", "TERM": "dumb", "PYTHONPATH": str(ROOT)}
    env.pop("TRITON_INTERPRET", None)  # the interpreter is for the kernels' tests
    env.pop("DMDREPRO_DATA", None)
    env["XDG_CACHE_HOME"] = NO_CACHE.name
    env["MPLBACKEND"] = "module://of_a_notebook"  # which no command may need
    return env


def heed_signals(ignored: tuple[int, ...] = ()) -> None:
    """For a child before it begins: whatever the tests were started by, it heeds every signal.

    Under nohup, from cron and in a background shell the tests themselves ignore some. `ignored`:
    what the child is to ignore from the start.
    """
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)


def begin(
    script: str, *arguments: object, ignored: tuple[int, ...] = (), **options
) -> subprocess.Popen:
    """Start a script that can be sent signals; its output is text, both streams together."""
    own = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": ROOT}
    return subprocess.Popen(
        [sys.executable, script, *map(str, arguments)],
        env=options.pop("env", None) or environment(),
        preexec_fn=lambda: heed_signals(ignored),
        **own | options,
    )


def wait_for(process: subprocess.Popen, true: Callable[[], object]) -> None:
    """Until `true()`, as long as the process lives."""
    began = time.monotonic()
    while not true():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() - began < LONG_S
        time.sleep(0.05)


def ended(process: subprocess.Popen, code: int) -> str:
    """Wait for its end, check its exit code and that no traceback is shown; what it printed."""
    printed = process.communicate(timeout=LONG_S)[0]
    assert process.returncode == code, printed
    assert "Traceback" not in printed, printed
    return printed


def completed(
    *arguments: object, before: tuple[str, ...] = (), **options
) -> subprocess.CompletedProcess:
    """Run Python with these arguments, by the program `before`; `options`: of subprocess.run."""
    usual = {"cwd": ROOT, "env": environment(), "text": True, "timeout": LONG_S, "check": False}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run(
        [*before, sys.executable, *map(str, arguments)],
        **usual | streams | {"preexec_fn": heed_signals} | options,
    )


def run(script: str, *arguments: object, code: int = 0) -> str:
    """Run a script, check its exit code and that no traceback is shown; returns all it printed."""
    return ended(begin(script, *arguments), code)


def reproduce(*arguments: object, code: int = 0) -> str:
    """Run a command; as `run`."""
    return run("reproduce.py", *arguments, code=code)


def tree(folder: Path) -> dict[str, object]:
    """Every artifact's bytes; of a record all but its provenance, which holds clocks."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.name == "record.json" and ".old" not in name:
            found[name] = {**json.loads(path.read_text()), "provenance": None}
        elif path.suffix in (".npy", ".jsonl", ".safetensors") and ".old" not in name:
            found[name] = path.read_bytes()
    return found


def flip(file: Path, place: int = -1) -> None:
    """Change one bit of a file."""
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)


def chessboard(runs: Path) -> Path:
    return runs / "smoke" / "seed0" / "chessboard"
