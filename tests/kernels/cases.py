"""What the kernels' tests share: where they run, both implementations, inputs, a comparison."""

import importlib.util

import pytest
import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
NO_TRITON = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="triton is not installed (Linux only)"
)
both = pytest.mark.parametrize(
    "backend", ["reference", pytest.param("triton", marks=NO_TRITON)], indirect=True
)
dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])


def randn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Drawn on the CPU, so that every device sees the same numbers."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator).to(dtype).to(DEVICE)


def moved(arguments: dict) -> dict:
    """Tensors on DEVICE, unless they are meta."""
    return {
        k: v.to(DEVICE) if isinstance(v, torch.Tensor) and not v.is_meta else v
        for k, v in arguments.items()
    }


def assert_close(
    actual: torch.Tensor, truth: torch.Tensor, relative: float, *, to_largest: bool = False
) -> None:
    """|actual - truth| <= relative |truth| entry by entry (`to_largest`: of the largest |truth|).

    A zero must be an exact zero, and nothing may be NaN.
    """
    actual, truth = actual.double().cpu(), truth.double().cpu()
    rtol, atol = (0.0, relative * float(truth.abs().max())) if to_largest else (relative, 0.0)
    torch.testing.assert_close(actual, truth, rtol=rtol, atol=atol)
