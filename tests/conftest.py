"""Fixtures shared by every test: where the outside numbers and the real MNIST are."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from dmdrepro.cli import wait_briefly

wait_briefly()  # before torch is imported
import torch  # noqa: E402

# Without a GPU the kernels' tests run interpreted; Triton reads this when a kernel is defined.
# Everything else runs the references (the fixture below), which are fast.
if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"

ROOT = Path(__file__).resolve().parent.parent


def _outside(relative: str, variable: str) -> Path:
    """A folder that a user's clone does not have: beside the repository, or named by `variable`."""
    folder = Path(os.environ.get(variable) or ROOT.parent / "shared" / relative)
    if not folder.is_dir():
        pytest.skip(f"no {folder}: set {variable} to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def oracles() -> Path:
    """Numbers computed by the public reference code, each file described in its README."""
    return _outside("oracles", "DMDREPRO_ORACLES")


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The four IDX files of the real MNIST."""
    return _outside("data/mnist", "DMDREPRO_TEST_MNIST")


@pytest.fixture(scope="session", autouse=True)
def _references_without_a_gpu():
    """The interpreter is for tests/kernels alone, which choose for themselves.

    With a GPU nothing is chosen here: CUDA tensors run Triton, CPU tensors the references.
    """
    import kernels

    with contextlib.nullcontext() if torch.cuda.is_available() else kernels.use("reference"):
        yield
