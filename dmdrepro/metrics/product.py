"""A matrix product on a CPU, whose threads and rounding do not depend on what torch was told."""

from __future__ import annotations

import numpy as np
import torch

ONE_THREAD = 1 << 29  # multiply-adds that end sooner than threads that wait for one another
EXACT = ("none", "ieee")  # else torch may round float32 factors to fewer digits


def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """x y^T of x [N, D], y [M, D], float32 or float64, with the error of that type's own sums."""
    if x.dtype == np.float32 and torch.backends.mkldnn.matmul.fp32_precision not in EXACT:
        x, y = x.astype(np.float64), y.astype(np.float64)
    threads = torch.get_num_threads()
    if len(x) * y.size <= ONE_THREAD:
        torch.set_num_threads(1)
    try:
        return (torch.from_numpy(x) @ torch.from_numpy(y).T).numpy()
    finally:
        torch.set_num_threads(threads)
