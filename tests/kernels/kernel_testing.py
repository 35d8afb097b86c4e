"""One tolerance for every kernel test, and random inputs."""

from __future__ import annotations

import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
DTYPES = (torch.float32, torch.bfloat16, torch.float16)


def assert_close(ours: torch.Tensor, truth: torch.Tensor, tolerance: float = 1e-5) -> None:
    """Relative to the largest value of the truth; NaN and infinity never pass."""
    assert ours.shape == truth.shape
    assert torch.isfinite(ours).all()
    error = (ours.double() - truth.double()).abs().max()
    assert error <= tolerance * truth.double().abs().max(), float(error)


def random(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=draw).to(dtype).to(DEVICE)
