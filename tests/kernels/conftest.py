"""The implementations under test, and outputs that start as NaN."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import kernels

# Test modules say `from conftest import ROOT`; once this file is loaded, it is that `conftest`.
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["reference", "triton"])
def implementation(request):
    """Each test runs on the reference and on the Triton kernel (interpreted without a GPU)."""
    with kernels.use(request.param):
        yield request.param


@pytest.fixture(autouse=True)
def poisoned(monkeypatch):
    """Outputs start as NaN: a value that a kernel forgets to write cannot pass."""
    empty = torch.empty

    def poisoned_empty(*arguments, **options):
        out = empty(*arguments, **options)
        return out.fill_(float("nan")) if out.is_floating_point() else out

    monkeypatch.setattr(torch, "empty", poisoned_empty)
