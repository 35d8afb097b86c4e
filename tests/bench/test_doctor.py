"""The doctor ends in time whatever a check does, writes every row, and says what is wrong."""

import json
import sys
import time

import pytest
import torch
from command import command
from conftest import ROOT
from processes import LONG_S

from dmdrepro.bench.doctor import order, steps
from dmdrepro.bench.doctor.machine import machine
from dmdrepro.bench.doctor.page import page
from dmdrepro.bench.doctor.run import PAGE, ROWS, examine
from dmdrepro.bench.doctor.scope import NOT_RUN, Scope, row
from dmdrepro.bench.doctor.steps import STUDENT, TEACHER, TIME, forecast, teachers
from dmdrepro.bench.doctor.worker import Check
from dmdrepro.experiments.estimate import estimate
from dmdrepro.training import device

CHECKS = """
import os, time
from dmdrepro.bench.doctor.scope import row

def right(scope):
    yield row("own", "right", figure_ms=2.0)

def wrong(scope):
    yield row("own", "wrong", False, "two is not three")

def raises(scope):
    yield row("own", "before")
    raise ValueError("no such thing\\nmore")

def dies(scope):
    os._exit(7)

def hangs(scope):
    if os.fork() == 0:
        time.sleep(60)  # a compiler of its own
    time.sleep(60)
    yield

def sees(scope):
    yield row("own", str(len(scope.rows)))
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """`own(*names)` runs checks of these names in processes, for at most three seconds each."""
    (tmp_path / "some_checks.py").write_text(CHECKS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("dmdrepro.bench.doctor.run.EXTRA_S", 3.0)
    monkeypatch.setattr("dmdrepro.bench.doctor.run.START_S", LONG_S)

    def run(*names, seconds=LONG_S):
        checks = [Check(f"some_checks:{name}", 0.0) for name in names]
        return examine(checks, Scope("cpu", "smoke", None, tmp_path), time.time(), seconds, print)

    return run


def test_whatever_a_check_does_the_rest_goes_on(own, tmp_path):
    rows = own("right", "wrong", "raises", "dies", "hangs", "sees")
    assert [(r["what"], r["ok"]) for r in rows] == [
        ("right", True),
        ("wrong", False),
        ("before", True),
        ("raises", False),
        ("dies", False),
        ("hangs", None),
        ("6", True),
    ]
    assert rows[3]["why"].startswith("no such thing (ValueError")
    assert "(exit status 7)" in rows[4]["why"]
    assert [json.loads(line) for line in (tmp_path / ROWS).read_text().splitlines()] == rows
    shown = (tmp_path / PAGE).read_text()
    assert "3 of 6 checks are wrong" in shown
    assert "| right | ok | 2 |" in shown


def test_it_ends_in_its_time_and_says_what_it_did_not_reach(own):
    began = time.time()
    rows = own("hangs", "right", seconds=2.5)
    assert time.time() - began < 50  # it would hang for a minute
    assert [(r["part"], r["what"], r["ok"], r["why"]) for r in rows] == [
        (NOT_RUN, name, None, "not run: out of time") for name in ("hangs", "right")
    ]


def test_the_time_of_all_is_that_of_the_measured_steps():
    scope = Scope("cpu", "smoke", None, ROOT)
    chessboard = scope.experiment("chessboard")
    scope.rows = [
        row(STUDENT, "chessboard", iteration_ms=1000.0, threads=2),
        row(TEACHER, "chessboard, batch 64", step_ms=500.0, threads=2),
    ]
    rows = {r["what"]: r for r in forecast(scope)}
    rest = sum(estimate(chessboard, stage, gpu=False).seconds for stage in ("sample", "evaluate"))
    steps = 0.5 * chessboard.teacher.snapshots[-1] + chessboard.distill.iterations
    assert rows["chessboard"]["measured_s"] == pytest.approx(steps + rest)
    assert rows["moons"]["why"] == "not timed itself: as chessboard"
    assert rows["mnist"]["ok"] is None
    assert "all, one after the other" not in rows  # of a part alone it would mislead
    scope.rows += [
        row(STUDENT, "mnist", iteration_ms=2.0, threads=2),
        row(TEACHER, "mnist, batch 16", step_ms=3.0, threads=2),
    ]
    *each, total = forecast(scope)
    assert total["measured_s"] == pytest.approx(sum(r["measured_s"] for r in each))
    assert f"`{TIME.split('`')[1]}` would take about" in page([*each, total], 60)


def test_a_teachers_step_needs_no_data(tmp_path):
    scope = Scope("cpu", "smoke", tmp_path, tmp_path, until=time.time() + 0.5)
    found = list(teachers(scope))
    assert {r["what"].partition(",")[0] for r in found} == {"chessboard", "mnist"}
    assert all(r["step_ms"] > 0 for r in found)


def test_a_measurement_without_determinism_has_none(monkeypatch):
    """To choose a GPU asks for it."""

    def select(gpu):
        torch.use_deterministic_algorithms(True)
        return torch.device("cpu")

    monkeypatch.setattr(device, "select_device", select)
    scope, seen = Scope("cpu", "smoke", None, ROOT), []
    monkeypatch.setattr(steps, "_way", lambda name, words, scope: seen.append(
        (scope.device, torch.are_deterministic_algorithms_enabled())) or ())  # fmt: skip
    try:
        list(steps.without("determinism", scope))
        assert seen == [(torch.device("cpu"), False)]
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def test_it_needs_none_of_the_optional_packages(tmp_path, monkeypatch):
    for name in ("pooch", "ot", "lap"):
        monkeypatch.setitem(sys.modules, name, None)
    rows = {r["what"]: r for r in machine(Scope("cpu", "smoke", tmp_path, tmp_path))}
    assert [rows[name]["ok"] for name in ("pooch", "pot", "lapx")] == [None] * 3
    assert rows["pooch"]["why"] == "not installed: MNIST cannot be downloaded: give --data"
    assert rows["MNIST"]["ok"] is None


def test_every_check_can_be_loaded():
    assert all(callable(check.load()) for check in (*order.CPU, *order.GPU))


def test_the_command_leaves_a_page_and_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(order, "CPU", (*order.MACHINE, order.FORECAST))  # the rest takes its time
    out = tmp_path / "out"
    out.mkdir()
    (out / PAGE).write_text("an earlier one")
    printed = command("doctor", "--gpu", "cpu", "--size", "smoke", "--seconds", 600, "--out", out)
    assert f"Page: {out / PAGE}" in printed
    rows = [json.loads(line) for line in (out / ROWS).read_text().splitlines()]
    assert {"python", "torch", "MNIST", "free disk", "copy rate of cpu"} <= {
        r["what"] for r in rows
    }
    assert "no iteration was timed" in (out / PAGE).read_text()
    assert (out / f"{PAGE}.old1").read_text() == "an earlier one"
