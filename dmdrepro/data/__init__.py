"""Data: toy sets with exact denoisers, MNIST, the MLP manifold.

Names are imported when first asked for: looking whether MNIST is there does not load torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dmdrepro.data.chessboard import Chessboard
    from dmdrepro.data.dataset import Dataset
    from dmdrepro.data.manifold import Manifold
    from dmdrepro.data.mnist import MnistDataset, load_mnist
    from dmdrepro.data.mnist_files import MnistStatus, MnistUnavailable, find_mnist
    from dmdrepro.data.moons import Moons
    from dmdrepro.data.ring import Ring

_WHERE = {
    "Chessboard": "chessboard",
    "Dataset": "dataset",
    "Manifold": "manifold",
    "MnistDataset": "mnist",
    "MnistStatus": "mnist_files",
    "MnistUnavailable": "mnist_files",
    "Moons": "moons",
    "Ring": "ring",
    "find_mnist": "mnist_files",
    "load_mnist": "mnist",
}

__all__ = [
    "Chessboard",
    "Dataset",
    "Manifold",
    "MnistDataset",
    "MnistStatus",
    "MnistUnavailable",
    "Moons",
    "Ring",
    "find_mnist",
    "load_mnist",
]


def __getattr__(name: str) -> object:
    if name in _WHERE:
        return getattr(importlib.import_module(f"dmdrepro.data.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'dmdrepro.data' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
