"""MNIST as images in [-1, 1] at 32x32, 16x16 or 8x8."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from dmdrepro.data.dataset import Data, Files
from dmdrepro.data.mnist_files import LOOKED_FOR, REMEDY, VARIABLE, find_mnist, read_mnist
from dmdrepro.settings import require

if TYPE_CHECKING:
    import torch

CHUNK = 5000  # images scaled at once
DOWNLOAD = "MNIST (12 MB)"  # the four .gz files


@dataclass(frozen=True)
class Mnist(Data):
    """MNIST, 70,000 images (train + test), zero-padded from 28x28 to 32x32, in [-1, 1].

    -1 is black. Resolution 16 is the 2x2 mean of the 32x32 image, 8 the 4x4 mean. A sample is an
    image drawn with replacement. Measured RMS per coordinate: 0.9710 at 32, 0.9447 at 16, 0.9007 at
    8. The mean is -0.80, the standard deviation 0.551, 0.503, 0.415, which sigma_data = 0.5 is for.
    """

    training_size = 70_000
    digits = True
    needs = "MNIST"

    resolution: int = 32
    conditional: bool = False

    def __post_init__(self) -> None:
        require(
            self.resolution in (8, 16, 32),
            f"data.resolution is {self.resolution}; MNIST comes at 8, 16 or 32.",
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        return (1, self.resolution, self.resolution)

    @property
    def classes(self) -> int:
        return 10 if self.conditional else 0

    def files(self, folder: Path | None, offline: bool) -> Files:
        """Looks at the files (every byte is hashed); see `Data.files`."""
        status = find_mnist(folder)
        if status.refused:
            return Files(f"needs MNIST, but {status.reason}: {REMEDY}")
        if folder is not None and status.source != "--data":
            lacks = f"--data {folder} does not hold its four IDX files"
            return Files(f"needs MNIST, and {lacks} ({status.passed}; {LOOKED_FOR})")
        if not status.found and offline:
            absent = f"which is absent ({status.reason}; {LOOKED_FOR})"
            return Files(f"needs MNIST, {absent}, and --offline was given")
        remark = ""
        if VARIABLE in status.passed:  # named by the user, and of no use
            source = f"taken from {status.folder}" if status.found else "downloaded"
            remark = f"{status.passed}; MNIST is {source}."
        return Files(download="" if status.found else DOWNLOAD, remark=remark)

    def make(self, folder=None, offline=False, say=lambda words: None) -> MnistImages:
        """The images, found or downloaded as `load_mnist` does; raises MnistUnavailable."""
        return MnistImages(*load_mnist(folder, offline, say=say), self)


def load_mnist(
    data_dir: Path | None = None,
    offline: bool = False,
    cache_dir: Path | None = None,
    say: Callable[[str], None] = lambda words: None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """(images uint8 [70000, 28, 28], labels int64 [70000]), the 60,000 training images first.

    From `data_dir`, $DMDREPRO_DATA or the cache, else downloaded into the cache unless `offline`;
    `say` is told of a slow download's progress. Raises MnistUnavailable.
    """
    import torch

    files = read_mnist(data_dir, offline, cache_dir, say)
    images = [parse_idx(files[f"{part}-images-idx3-ubyte"]) for part in ("train", "t10k")]
    labels = [parse_idx(files[f"{part}-labels-idx1-ubyte"]) for part in ("train", "t10k")]
    return torch.cat(images), torch.cat(labels).long()


def parse_idx(data: bytes) -> torch.Tensor:
    """The uint8 tensor of an IDX file: 0, 0, 8 (uint8), rank, big-endian sizes, values."""
    if len(data) < 4 or data[:3] != b"\0\0\x08":
        raise ValueError("these bytes are not an IDX file of uint8; pass an unpacked MNIST file.")
    import numpy as np
    import torch

    start = 4 + 4 * data[3]
    sizes = np.frombuffer(data[4:start], dtype=">u4").tolist()
    if len(sizes) != data[3] or len(data) != start + math.prod(sizes):
        raise ValueError(
            f"this IDX file has {len(data):,} bytes, but its header says {sizes}; get it again."
        )
    return torch.from_numpy(np.frombuffer(data, dtype=np.uint8, offset=start).copy()).view(*sizes)


class MnistImages(Data):
    """MNIST's images at the settings' resolution, with their digits."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor, settings: Mnist) -> None:
        """`images`: uint8 [M, 28, 28]; `labels`: int64 [M] in 0..9; ValueError on others."""
        import torch
        import torch.nn.functional as F

        if images.dtype != torch.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
            raise ValueError(
                f"MNIST images are {images.dtype} {tuple(images.shape)}; pass uint8 [M, 28, 28]."
            )
        if labels.dtype != torch.int64 or labels.shape != images.shape[:1] or not len(labels):
            raise ValueError(
                f"MNIST labels are {labels.dtype} {tuple(labels.shape)}; pass int64 "
                f"[{len(images)}], one for each image."
            )
        if labels.min() < 0 or labels.max() > 9:
            raise ValueError("MNIST labels reach outside 0..9; pass the digits.")
        self.shape, self.classes = settings.shape, settings.classes
        block = 32 // settings.resolution
        self.training_set, self.labels = torch.empty((len(images), *self.shape)), labels
        for part, out in zip(images.split(CHUNK), self.training_set.split(CHUNK), strict=True):
            padded = F.pad(part, (2, 2, 2, 2)).unsqueeze(1).float()  # [CHUNK, 1, 32, 32]
            # Means of at most 16 whole numbers are exact: black is -1 and white 1 to the bit.
            small = padded if block == 1 else F.avg_pool2d(padded, block)
            torch.sub(small.div_(127.5), 1, out=out)

    @property
    def rms(self) -> float:
        squares = sum(part.double().square().sum() for part in self.training_set.split(CHUNK))
        return math.sqrt(squares / self.training_set.numel())

    def sample(
        self, n: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """(x float32 [n, 1, R, R], digits int64 [n] or None); ValueError for another device."""
        import torch

        device = self.training_set.device
        self._check_device(generator, device)
        chosen = torch.randint(len(self.labels), (n,), generator=generator, device=device)
        return self.training_set[chosen], self.labels[chosen] if self.classes else None

    def to(self, device: torch.device | str) -> Self:
        moved = copy.copy(self)
        moved.training_set, moved.labels = self.training_set.to(device), self.labels.to(device)
        return moved
