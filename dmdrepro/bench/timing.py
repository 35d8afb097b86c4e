"""How a call is timed: both alternatives in turns, the median of the repeats."""

import statistics
from collections.abc import Callable, Iterable, Sequence

import torch

from dmdrepro.training.device import seconds


def on_gpu(call: Callable[[], object]) -> float:
    """Median seconds of one call on the GPU, without its launch and with a cold level-2 cache."""
    from triton.testing import do_bench

    return 1e-3 * do_bench(call, return_mode="median")


def in_turns(
    ours: Callable, alternative: Callable, device: torch.device, repeats: int
) -> tuple[float, float]:
    """Median seconds of both after a warm-up; in turns, so that a busy machine hits both alike."""
    seconds(ours, device), seconds(alternative, device)
    return medians((seconds(ours, device), seconds(alternative, device)) for _ in range(repeats))


def medians(turns: Iterable[Sequence[float]]) -> tuple[float, ...]:
    """Of each column."""
    return tuple(map(statistics.median, zip(*turns, strict=True)))
