"""The rows of Delta_E over N: which ways are measured, and that they agree."""

from __future__ import annotations

import torch

from dmdrepro.bench import scaling
from dmdrepro.metrics import memory_plan

CPU = torch.device("cpu")


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
