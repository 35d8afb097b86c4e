"""How the benchmark takes a time."""

from __future__ import annotations

import time

import pytest
import torch

from dmdrepro.bench.timing import in_turns, on_gpu


def test_both_are_called_in_turns_after_a_warm_up():
    calls = []
    ours, theirs = in_turns(
        lambda: calls.append("ours"),
        lambda: (calls.append("theirs"), time.sleep(0.01)),
        torch.device("cpu"),
        repeats=2,
    )
    assert calls == ["ours", "theirs"] * 3
    assert ours < 0.01 <= theirs


def test_a_kernels_time_is_in_seconds(gpu):
    x = torch.zeros(1 << 26, device=gpu)  # 256 MiB, which are read and written
    found = on_gpu(x.clone)
    assert found == pytest.approx(2 * x.nbytes / 3e12, rel=0.7)
