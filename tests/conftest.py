"""Fixtures shared by every test: where the outside numbers and the real MNIST are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _outside(relative: str, variable: str) -> Path:
    """A folder that a user's clone does not have: beside the repository, or named by `variable`."""
    folder = Path(os.environ.get(variable) or ROOT.parent / "shared" / relative)
    if not folder.is_dir():
        pytest.skip(f"no {folder}: set {variable} to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def oracles() -> Path:
    """Numbers computed by the public reference code (see docs/testing.md)."""
    return _outside("oracles", "DMDREPRO_ORACLES")


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The four IDX files of the real MNIST."""
    return _outside("data/mnist", "DMDREPRO_TEST_MNIST")
