"""Which implementation runs: decided in one place, overridable."""

import functools
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

# Triton reads the variable when a kernel is defined, so it counts as it was at import.
_INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
_override: list[str] = []
_HOW = "give it CUDA tensors, or set TRITON_INTERPRET=1 before `kernels` is imported"


@functools.cache
def _triton_installed() -> bool:
    return importlib.util.find_spec("triton") is not None


def backend(device: torch.device) -> str:
    """ "triton" or "reference" on `device`; ValueError if `use` asks for what cannot run."""
    possible = _triton_installed() and (
        device.type == "cuda" or (device.type == "cpu" and _INTERPRETED)
    )
    if _override:
        if _override[-1] == "triton" and not possible:
            raise ValueError(f"kernels.use('triton'): Triton cannot run on {device} here; {_HOW}.")
        return _override[-1]
    return "triton" if possible else "reference"


def implementation(
    operation: str, tensor: torch.Tensor, reference: Callable, launch: str = "launch"
) -> Callable:
    """`launch` of the operation's kernel.py, on the device of `tensor`; or `reference`."""
    if backend(tensor.device) == "reference":
        return reference
    kernel = importlib.import_module(f"dmdrepro.kernels.{operation}.kernel")

    def run(*arguments):
        with torch.cuda.device_of(tensor):  # Triton launches on the current device
            return getattr(kernel, launch)(*arguments)

    return run


@contextmanager
def use(name: str) -> Iterator[None]:
    """Within the block every operation runs "triton" or "reference"; ValueError otherwise."""
    if name not in ("triton", "reference"):
        raise ValueError(f"kernels.use({name!r}): use 'triton' or 'reference'.")
    _override.append(name)
    try:
        yield
    finally:
        _override.pop()
