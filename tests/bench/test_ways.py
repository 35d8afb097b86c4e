"""One way of executing a step is timed alone, and its row is kept as it comes."""

from __future__ import annotations

import copy

import torch

from dmdrepro.bench.run import run_bench, show_rows

CPU = torch.device("cpu")


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
    assert all(row["first_s"] > row["ours_s"] > 0 for row in record["rows"])
    assert "made in" in [column.header for column in show_rows(record).columns]
