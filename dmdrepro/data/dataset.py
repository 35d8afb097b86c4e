"""What every data set says of itself and offers to training, distillation and evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Files:
    """Whether a data set's files can be had: why not, what would be downloaded, a remark."""

    lacking: str = ""
    download: str = ""
    remark: str = ""


class Data:
    """A data set: a frozen dataclass of its settings that inherits this and says what differs.

    The settings load no torch. What `make` returns has `sample`, `to`, and `training_set` and
    `denoise` if the settings promise them. A law without tensors returns itself, so a new one is a
    dataclass with `shape` and `sample`.
    """

    shape: tuple[int, ...]  # of one sample
    classes: int = 0  # that the networks are told of; 0: unconditional
    exact = False  # whether E[x0 | x0 + sigma eps = x] is known
    sampled = True  # False: a teacher is imported, and nothing is measured against data
    training_size = 0  # of a finite training set; 0: a law that is drawn from without end
    digits = False  # whether they are MNIST's, which a classifier reads
    needs = ""  # a word for the files that it needs
    training_set = None  # float32 [training_size, *shape]
    denoise = None  # (x, sigma) -> float64 [B, *shape]

    def files(self, folder: Path | None, offline: bool) -> Files:
        """Whether the files that `needs` names can be had, from `folder` (--data) if given."""
        return Files()

    def make(
        self,
        folder: Path | None = None,
        offline: bool = False,
        say: Callable[[str], None] = lambda words: None,
    ) -> Data:
        """The data set on the CPU; `folder`, `offline`: as of `files`; `say`: of a slow download.

        Raises an error whose sentence says why its files cannot be had.
        """
        return self

    def sample(
        self, n: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """(x float32 [n, *shape], class numbers int64 [n] or None) on the generator's device."""
        raise NotImplementedError

    def _check_device(self, generator: torch.Generator, device: torch.device) -> None:
        """Raise ValueError if the generator is on another device than the data."""
        here = generator.device  # "cuda" without a number is the current GPU
        if here.type != device.type or here.index not in (None, device.index):
            raise ValueError(
                f"{type(self).__name__} is on {device} and the generator on {here}; "
                "call .to(generator.device) first."
            )

    def to(self, device: torch.device | str) -> Self:
        """The same data set with its tensors on `device`; this one stays where it is."""
        return self
