"""Data sets: toys with exact denoisers, MNIST, the MLP manifold, ImageNet-64's label space."""

from dmdrepro.data.chessboard import Chessboard
from dmdrepro.data.manifold import Manifold
from dmdrepro.data.mnist import MnistDataset
from dmdrepro.data.mnist_files import MnistUnavailable, find_mnist, load_mnist
from dmdrepro.data.moons import Moons
from dmdrepro.data.ring import Ring

__all__ = [
    "Chessboard",
    "Manifold",
    "MnistDataset",
    "MnistUnavailable",
    "Moons",
    "Ring",
    "find_mnist",
    "load_mnist",
]
