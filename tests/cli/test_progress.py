"""One display for all that a command is at, with and without a terminal."""

import io
import json
import os
import socket
import time
from types import SimpleNamespace

import pytest
from command import plan_of
from processes import LONG_S

from dmdrepro.cli.console import PlainConsole
from dmdrepro.cli.progress import QUIET_S, Display, Report
from dmdrepro.pipeline.cost import Forecast
from dmdrepro.runs.files import MANIFEST


class Clock:
    def __init__(self):
        self.now = time.monotonic()

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def display_of(clock, *, terminal=False, width=80):
    console = PlainConsole(file=io.StringIO(), force_terminal=terminal, width=width)
    return Display(console, clock), console.file


def test_without_a_terminal_one_line_names_all_work_when_nothing_was_said_for_a_while(clock):
    display, out = display_of(clock)
    one, two = display.own, display.own.beside()
    one.begin("teacher mnist", 3000)
    two.begin("distill chessboard", 600, 100)
    out.truncate(0)
    for second in range(1, 101):
        clock.now += 1
        one.update(10 * second, {"loss": 0.5})
        two.update(100 + second)
        before = out.getvalue()
        display.look()
        if out.getvalue() != before:  # printed now, by this clock
            display.console.last_word = clock.now
    lines = out.getvalue().replace("\0", "").splitlines()
    assert len(lines) == 100 // QUIET_S
    assert "teacher mnist: 970 of 3,000, loss 0.5, 3 min left" in lines[-1]
    assert "distill chessboard: 197 of 600, 7 min left" in lines[-1]
    assert QUIET_S < 25
    display.close()


def test_the_line_comes_by_itself(monkeypatch):
    monkeypatch.setattr(Display.look, "__defaults__", (0.0,))
    display, out = display_of(time.monotonic)
    with display.at("known answers"):
        began = time.monotonic()
        while not out.getvalue() and time.monotonic() - began < LONG_S:
            time.sleep(0.01)
    assert set(out.getvalue().splitlines()) == {"known answers: at work"}  # again, if it waits


def test_short_work_says_nothing(clock):
    display, out = display_of(clock)
    with display.at("Optimal pairing") as row:
        row.note("auction, phase 1", 0.1)
        clock.now += QUIET_S - 1
        display.look()
    assert out.getvalue() == ""


def test_the_rest_of_a_long_step_is_estimated_where_it_says_how_far_it_is(clock):
    display, _ = display_of(clock)
    with display.at("Optimal pairing") as row:
        row.note("auction, phase 3", 0.0)
        clock.now += 70
        row.note("auction, phase 3", 0.35)
        assert row.left() == "2 min left"
        row.note("solver scipy, which shows no progress")
        assert row.left() == ""
        assert "solver scipy" in row.line()


def test_in_a_terminal_there_is_a_row_each_and_the_cursor_comes_back(clock):
    display, out = display_of(clock, terminal=True)
    display.forecast = SimpleNamespace(left=lambda shares: 600.0)
    names = ("teacher mnist-conditional", "distill chessboard (teacher of 4,000 iterations)")
    for name in names:
        display.own.beside().begin(name, 1000, 10)
    table = io.StringIO()
    PlainConsole(file=table, width=80).print(display._table())
    lines = table.getvalue().splitlines()
    assert len(lines) == 3
    assert all(name[:30] in line for name, line in zip(names, lines, strict=False))
    assert "10 min left" in lines[2]
    assert max(map(len, lines)) <= 80
    display.close()
    assert out.getvalue().endswith("\x1b[?25h") or "\x1b[?25h" in out.getvalue()


def test_a_process_reports_its_row(monkeypatch):
    ours, theirs = socket.socketpair()
    report = Report(os.dup(theirs.fileno()))
    report.begin("teacher ring", 100, 5)
    report.update(6, {"loss": float("nan")})
    report.update(7)  # too soon to be told
    told = [json.loads(line) for line in ours.recv(10_000).splitlines()]
    assert [line[:2] for line in told] == [["begin", "teacher ring"], ["update", 6]]
    ours.close()
    report.begin("sample ring", 10)  # nobody waits any more


def test_the_time_left_of_a_plan_follows_its_speed(clock, tmp_path):
    plan = plan_of("chessboard", "ring", size="laptop", runs=tmp_path)
    forecast = Forecast(plan, clock)
    clock.now += 100
    at_work = {"teacher chessboard, seed 0": (0.0, 0.5), "teacher ring, seed 0": (0.25, 0.5)}
    half = forecast.left(at_work)
    assert forecast.left({}) is None  # nothing was made
    clock.now += 100
    assert forecast.left(at_work) == pytest.approx(2 * half)
    plan.cannot["ring"] = "failed"
    assert forecast.left({"teacher chessboard, seed 0": (0.0, 0.5)}) < 2 * half


def test_nothing_is_left_of_a_plan_that_is_done(clock, tmp_path):
    plan = plan_of("ring", runs=tmp_path)
    for task in plan.tasks:
        folder = task.place().folder
        folder.mkdir(parents=True)
        (folder / MANIFEST).touch()
    assert Forecast(plan, clock).left({}) is None
