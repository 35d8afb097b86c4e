"""What every data set offers to training, distillation and evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self

import torch


class Dataset(Protocol):
    """A law of samples x of shape `shape`, with `label_dim` classes (0 = unconditional).

    `training_set`: all of a finite set, float32 [M, *shape], else None. `denoise`: the exact
    E[x0 | x0 + sigma eps = x] as a function of (x, sigma), else None. `rms`: root mean square of
    one coordinate, the scale that sigma_data is chosen by.
    """

    label_dim: int
    training_set: torch.Tensor | None
    denoise: Callable[[torch.Tensor, torch.Tensor | float], torch.Tensor] | None

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def rms(self) -> float: ...

    def sample(
        self, n: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """(x float32 [n, *shape], class numbers int64 [n] or None) on the generator's device."""
        ...

    def to(self, device: torch.device | str) -> Self:
        """The same data set with its tensors on `device`; this one stays where it is."""
        ...
