"""The bench's rows: how times are taken, which ways are measured, and that they agree."""

import copy
import time

import pytest
import torch

from dmdrepro import kernels
from dmdrepro.bench import scaling, side_by_side, step
from dmdrepro.bench.pairing import auction_row
from dmdrepro.bench.run import rows_table, run_bench
from dmdrepro.bench.side_by_side import side_by_side_row, side_by_side_rows
from dmdrepro.bench.step import Runner
from dmdrepro.bench.timing import in_turns, on_gpu
from dmdrepro.experiments import build
from dmdrepro.metrics import memory_plan

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def test_both_are_called_in_turns_after_a_warm_up():
    calls = []
    ours, theirs = in_turns(
        lambda: calls.append("ours"),
        lambda: (calls.append("theirs"), time.sleep(0.2)),
        CPU,
        repeats=2,
    )
    assert calls == ["ours", "theirs"] * 3
    assert ours < 0.2 <= theirs


def test_the_plain_loop_uses_torchs_own_operations_on_a_gpu_too(monkeypatch):
    seen = []
    monkeypatch.setattr(step, "plain_iteration", lambda *_: seen.append(kernels.backend(CUDA)))
    Runner(build("chessboard", "smoke"), CPU, None).seconds(1)
    assert set(seen) == {"reference"}


def test_a_kernels_time_is_in_seconds(gpu):
    x = torch.zeros(1 << 26, device=gpu)  # 256 MiB, which are read and written
    found = on_gpu(x.clone)
    assert found == pytest.approx(2 * x.nbytes / 3e12, rel=0.7)


def test_chosen_ways_are_timed_and_each_row_is_kept_at_once():
    kept = []
    record = run_bench(
        CPU,
        parts=["steps:chessboard:eager", "steps:chessboard:bfloat16"],
        quick=True,
        say=lambda words: None,
        keep=lambda found: kept.append(copy.deepcopy(found["rows"])),
    )
    assert [len(rows) for rows in kept] == [1, 2]
    assert kept[-1] == record["rows"]
    label = "distillation iteration, chessboard, size smoke: "
    assert [row["what"] for row in record["rows"]] == [label + "eager", label + "bfloat16"]
    assert all(row["first_s"] > 0 < row["ours_s"] for row in record["rows"])
    assert "made in (s)" in rows_table(record).columns


def measured(monkeypatch, memory):
    monkeypatch.setattr(scaling, "LARGE", (200, 300))
    monkeypatch.setattr(memory_plan, "available_memory", lambda device: memory)
    rows = list(scaling.scaling_rows(CPU, quick=True, large=True, say=lambda text: None))
    return [(row["n"], row["way"]) for row in rows if row["d"] == 4 and row["n"] != 100], rows


def test_large_adds_its_sizes_in_both_ways(monkeypatch):
    found, rows = measured(monkeypatch, 2**30)
    assert found == [(n, way) for n in (200, 300) for way in (scaling.HELD, scaling.MADE)]
    for n in (200, 300):
        assert len({row["e_ot"] for row in rows if row["n"] == n}) == 1


def test_a_matrix_that_does_not_fit_is_not_said_to_be_held(monkeypatch):
    room = memory_plan.least_memory(300, 4) + 8 * 250**2  # for 200 points' matrix, not for 300's
    found, _ = measured(monkeypatch, room)
    assert found == [(200, scaling.HELD), (200, scaling.MADE), (300, scaling.MADE)]


def test_both_auctions_are_timed_and_agree():
    what, ours_s, alternative, alternative_s = auction_row(40, CPU)
    assert what == "auction, N = 40: all rows at once"
    assert alternative == "in turn, on the CPU"
    assert ours_s > 0 < alternative_s


def test_a_row_is_an_iteration_of_all_processes_together(monkeypatch):
    monkeypatch.setattr(side_by_side, "WARM_UP", 1)
    what, ours_s, against, plain_s = side_by_side_row("chessboard", "smoke", 2, blocks=1, turns=1)
    assert what.startswith("distillation iteration, chessboard, size smoke: 2 side by side")
    assert against == "plain eager loop"
    assert ours_s > 0
    assert plain_s > 0


def test_nothing_on_a_gpu_or_in_a_hurry():
    assert list(side_by_side_rows(torch.device("cuda"), quick=False)) == []
    assert list(side_by_side_rows(CPU, quick=True)) == []
