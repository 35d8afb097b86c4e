"""The checks in order, within a time: each row is written as it comes, whatever a check does."""

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection

from dmdrepro.bench.doctor.page import page
from dmdrepro.bench.doctor.scope import Row, Scope, out_of_time, row
from dmdrepro.bench.doctor.worker import FAILED, Check
from dmdrepro.commands import as_now
from dmdrepro.runs.files import set_aside, write_bytes

SECONDS = 600.0
ROWS, PAGE, LOG = "doctor.jsonl", "doctor.md", "doctor.log"
START_S = 20.0  # for a process to start
SLACK, EXTRA_S = 2.0, 20.0  # a check may take so many times its share, and so much more
SPARE_S = 1.0  # for the last page


class Examination:
    """The rows so far, in memory, in doctor.jsonl and on the page; `began`: by time.time()."""

    def __init__(
        self, scope: Scope, began: float, seconds: float, say: Callable[[str], None]
    ) -> None:
        self.scope, self.rows, self.say = scope, [], say
        self.began, self.seconds = began, seconds
        self.last = began + seconds - SPARE_S
        for name in (ROWS, PAGE, LOG):
            set_aside(scope.out / name)

    def add(self, found: Row) -> None:
        found = {**found, "at_s": round(time.time() - self.began, 1)}
        self.rows.append(found)
        with (self.scope.out / ROWS).open("a") as lines:
            lines.write(json.dumps(found) + "\n")
        write_bytes(self.scope.out / PAGE, page(self.rows, self.seconds).encode())
        if found["ok"] is not True:
            mark = "WRONG" if found["ok"] is False else "note"
            self.say(f"{mark}: {found['part']}: {found['what']}: {found['why']}")


def examine(
    checks: Sequence[Check],
    scope: Scope,
    began: float,
    seconds: float,
    say: Callable[[str], None],
) -> list[Row]:
    """All rows; `began`: by time.time().

    In `scope.out` doctor.jsonl, doctor.md, doctor.log, and what checks leave there. Ends within
    `seconds` even if a check hangs: its process is ended, and another goes on with the next.
    """
    found = Examination(scope, began, seconds, say)
    left = list(checks)
    while left and time.time() < found.last:
        left = _sitting(left, found)
    for check in left:
        found.add(out_of_time(check.name))
    return found.rows


def _sitting(checks: list[Check], found: Examination) -> list[Check]:
    """Checks in one process until one fails or is ended; returns those that are left."""
    ours, theirs = multiprocessing.Pipe()
    with theirs, (found.scope.out / LOG).open("ab") as log:
        process = subprocess.Popen(
            [*as_now(), "doctor", f"--worker={theirs.fileno()}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # it is ended with all that it started
        )
    left, failed, until = list(checks), False, min(found.last, time.time() + START_S)
    check = left.pop(0)  # begun, or about to be
    try:
        ours.send((checks, replace(found.scope, rows=list(found.rows))))
        while (message := _next(ours, until)) is not None:
            kind, content = message
            if kind == "begin":
                found.say(f"{content} ...")
                allowed = EXTRA_S + SLACK * check.share * found.seconds / SECONDS
                until = min(found.last, time.time() + allowed)
                ours.send(until - SPARE_S)
            elif kind == "row":
                failed |= content["part"] == FAILED
                found.add(content)
            else:
                found.say(f"{check.name}: {content:.1f} s")
                if not left:
                    return []
                check = left.pop(0)
        if not failed and time.time() >= until:
            found.add(out_of_time(check.name))
        elif not failed:
            ended = f"its process ended by itself (exit status {process.wait(5)})"
            found.add(row(FAILED, check.name, False, f"{ended}; {LOG} has its words"))
        return left
    finally:
        _end(process)


def _next(connection: Connection, until: float) -> tuple | None:
    """The next message; None if there is none in time, or the process has ended."""
    try:
        return connection.recv() if connection.poll(max(0.0, until - time.time())) else None
    except (EOFError, ConnectionError):
        return None


def _end(process: subprocess.Popen) -> None:
    """With all that it started; nothing that it does could keep it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
