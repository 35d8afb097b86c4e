"""What every writer of curves can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Rows = Sequence[tuple[int, Mapping[str, float]]]  # (step, number by name), steps ascending


class Writer:
    """One stage's curves; this writer writes none. A resumed stage never has a point twice."""

    def give(self, rows: Rows) -> None:
        """Points of curves."""

    def show(self, step: int, name: str, picture: np.ndarray) -> None:
        """An image, uint8 [H, W, 3]."""

    def close(self) -> None:
        """Write what is left."""
