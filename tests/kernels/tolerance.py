"""The one comparison with float64 truth, and the tolerance of each operation."""

from __future__ import annotations

import torch

DM_GRADIENT = 1e-5  # float32 arithmetic, sums of up to thousands of terms
# The public code subtracts two float32 denoisers: at its smallest sigma here, 0.0079, that loses
# |D| / (c_out |F_fake - F_real|), some hundreds of float32 roundings. Ours does not cancel.
PUBLIC_DM_GRADIENT = 3e-5
PAIRWISE_SQDIST = 1e-10  # float64
NEAREST_SQDIST = 1e-13  # float64, direct differences
MEAN_DISTANCE = 1e-5  # the kernel's float32 sum
GROUP_NORM = 3e-6  # float32 arithmetic


def assert_close(
    actual: torch.Tensor, truth: torch.Tensor, relative: float, *, to_largest: bool = False
) -> None:
    """|actual - truth| <= relative |truth| entry by entry (`to_largest`: of the largest |truth|).

    A zero must be an exact zero, and nothing may be NaN.
    """
    assert actual.shape == truth.shape
    actual, truth = actual.double().cpu(), truth.double().cpu()
    scale = truth.abs().max() if to_largest else truth.abs()
    excess = ((actual - truth).abs() - relative * scale).flatten()
    worst = int(torch.nan_to_num(excess, nan=float("inf")).argmax())
    got, want = actual.flatten()[worst].item(), truth.flatten()[worst].item()
    assert bool((excess <= 0).all()), f"entry {worst}: {got!r}, truth {want!r}"
