"""The one comparison with float64 truth, and the tolerance of each operation."""

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
    actual, truth = actual.double().cpu(), truth.double().cpu()
    rtol, atol = (0.0, relative * float(truth.abs().max())) if to_largest else (relative, 0.0)
    torch.testing.assert_close(actual, truth, rtol=rtol, atol=atol)
