"""The benchmark of distillations side by side."""

from __future__ import annotations

import torch

from dmdrepro.bench import side_by_side
from dmdrepro.bench.side_by_side import side_by_side_row, side_by_side_rows


def test_a_row_is_an_iteration_of_all_processes_together(monkeypatch):
    monkeypatch.setattr(side_by_side, "WARM_UP", 1)
    what, ours_s, against, plain_s = side_by_side_row("chessboard", "smoke", 2, blocks=1, turns=1)
    assert what.startswith("distillation iteration, chessboard, size smoke: 2 side by side")
    assert against == "plain eager loop"
    assert 0 < ours_s < 60
    assert 0 < plain_s < 60


def test_nothing_on_a_gpu_or_in_a_hurry():
    assert list(side_by_side_rows(torch.device("cuda"), quick=False)) == []
    assert list(side_by_side_rows(torch.device("cpu"), quick=True)) == []
