"""Data: toy sets with exact denoisers, MNIST, the MLP manifold; settings load no torch."""

from dmdrepro.data.chessboard import Chessboard
from dmdrepro.data.dataset import Data
from dmdrepro.data.imagenet64 import ImageNet64
from dmdrepro.data.manifold import MlpManifold
from dmdrepro.data.mnist import Mnist, MnistImages, load_mnist
from dmdrepro.data.moons import Moons
from dmdrepro.data.ring import Ring

__all__ = [
    "Chessboard", "Data", "ImageNet64", "MlpManifold", "Mnist", "MnistImages", "Moons", "Ring",
    "load_mnist",
]  # fmt: skip
