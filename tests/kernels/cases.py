"""What the kernels' tests share: where they run, both implementations, inputs, poisoned memory."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager

import pytest
import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
NO_TRITON = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="triton is not installed (Linux only)"
)
both = pytest.mark.parametrize("backend", ["reference", pytest.param("triton", marks=NO_TRITON)])
dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])


def randn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Drawn on the CPU, so that every device sees the same numbers."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator).to(dtype).to(DEVICE)


@contextmanager
def poisoned(monkeypatch):
    """New memory holds NaN, or -7 for integers: what a kernel forgets to write is seen."""
    plain = torch.empty

    def empty(*args, **kwargs):
        tensor = plain(*args, **kwargs)
        return tensor.fill_(float("nan") if tensor.is_floating_point() else -7)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "empty", empty)
        yield
