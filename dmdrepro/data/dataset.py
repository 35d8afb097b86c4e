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

    Of the settings alone, without loading torch: `shape` of one sample, a tuple; `classes`, how
    many the networks are told of (0: unconditional); `exact`, whether E[x0 | x0 + sigma eps = x] is
    known; `sampled`, whether there are data to be drawn (if not, a teacher is imported, and nothing
    is measured against data); `training_size`, of a finite training set (0: a law that is drawn
    from without end); `needs`, a word for the files that it needs, and `files`; `digits`, whether
    they are MNIST's, which a classifier reads.

    Of what `make` returns: `sample`, `to`, and, as the settings promise them, `training_set`
    (float32 [training_size, *shape]) and `denoise` (x, sigma -> float64 [B, *shape]). A law that
    holds no tensors is itself what `make` returns: a new one is a dataclass with `shape` and
    `sample`.
    """

    shape: tuple[int, ...]
    classes: int = 0
    exact = False
    sampled = True
    training_size = 0
    digits = False
    needs = ""
    training_set = None
    denoise = None

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

        Raises what says in a sentence why its files cannot be had.
        """
        return self

    def sample(
        self, n: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """(x float32 [n, *shape], class numbers int64 [n] or None) on the generator's device."""
        raise NotImplementedError

    def to(self, device: torch.device | str) -> Self:
        """The same data set with its tensors on `device`; this one stays where it is."""
        return self
