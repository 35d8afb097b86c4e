"""The DM loss at each stop of a distillation: one number beside the pairing and the quality."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dmdrepro.report.figure_numbers import dm_loss
from dmdrepro.report.table import Cell
from dmdrepro.runs.results import Result

SHARE = 0.2  # of the iterations so far, over whose updates the loss is averaged
WINDOW_WORDS = "mean over the generator updates of the last fifth of the iterations so far"
NOTE = (
    f"DM loss: {WINDOW_WORDS}. It compares the teacher with the fake score of that moment, so read "
    "it along one experiment, not across. Empty: no log was kept, or no update was made yet."
)


def loss_at(steps: np.ndarray, losses: np.ndarray, iterations: int) -> float | None:
    """Mean of the losses [n] of the last fifth before `iterations`; None before any update.

    `steps` [n]: each loss's iteration, ascending. Means over bins (a thinned curve) serve as well.
    A fifth that holds no update gives the last update before it.
    """
    so_far = steps < iterations
    if not so_far.any():
        return None
    recent = so_far & (steps >= (1 - SHARE) * iterations)
    return float(losses[recent].mean() if recent.any() else losses[so_far][-1])


def losses_at(result: Result, snapshot: int, stops: Sequence[int]) -> list[Cell]:
    """The DM loss at each of `stops` (iterations); None throughout if no log was kept."""
    curve = dm_loss(result, snapshot)
    return [None if curve is None else loss_at(*curve, stop) for stop in stops]
