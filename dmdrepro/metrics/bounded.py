"""Squared distances of long samples by a product in float32, with float64 where it matters.

An entry is a proven lower bound until it is looked at; then it is exact, from float64 differences.
A permutation of exact entries that is optimal beside bounds is optimal.
"""

from __future__ import annotations

import numpy as np
import torch

from dmdrepro.metrics.costs import Costs
from dmdrepro.metrics.moments import sqdists
from dmdrepro.metrics.own_nearest import bounded_rows, product, with_columns
from dmdrepro.metrics.watch import News, Watch, nobody

LONG = 256  # dimensions from which on a product in float32 saves more than the bounds cost
ENTRIES = 1 << 20  # of the product at once
# Of what the mean entry is above a row's least: farther below the entry the bound is of no use.
FAR = 0.05
LOOKED_AT = 16  # entries of each row, beyond which all of them are better made in float64


class TooCoarse(Exception):
    """Float32 says too little of these sets."""


class BoundedCosts(Costs):
    """`Costs` of x, y [N, D] on a CPU; raises TooCoarse, at any time, if they do not pay."""

    def __init__(self, x: np.ndarray, y: np.ndarray, watch: Watch = nobody) -> None:
        rows = bounded_rows(x, y)
        n, a, b = len(x), rows.low_x, rows.low_y
        x_part, y_part = with_columns(rows.x, 1, -a / 2), with_columns(rows.y, -b / 2, 1)
        held, step = np.empty((n, n)), max(1, ENTRIES // n)
        for part in (slice(first, first + step) for first in range(0, n, step)):
            watch(News("squared distances", part.start / n))
            np.multiply(
                product(x_part[part], y_part), np.float64(-2 / rows.scale**2), out=held[part]
            )
        self._sets, self._costs, self._exact = (x, y), held, np.zeros((n, n), dtype=bool)
        self._above = rows.width_x, rows.width_y  # bound + both >= entry
        self._left = LOOKED_AT * n
        super().__init__(torch.from_numpy(held), watch=watch)
        width = sum(float(w.mean()) for w in self._above)
        if not width <= FAR * (self.mean - self.mean_cheapest):
            raise TooCoarse

    def entries(self, columns: torch.Tensor) -> torch.Tensor:
        self._look_at(np.arange(len(self)), columns.numpy())
        return super().entries(columns)

    def look_below(self, rows: np.ndarray, price: np.ndarray, limit: np.ndarray) -> bool:
        """As of `Costs`: entries are made exact of which the bounds leave it open."""
        below = self._costs[rows]
        below += price
        # Twice, so that what is believed without a look is progress: it may be the price's source.
        surely = limit - 2 * (self._above[0][rows] + self._above[1].max())
        i, j = ((below < limit[:, None]) & (below >= surely[:, None])).nonzero()
        before = self._left
        self._look_at(rows[i], j)
        return self._left < before

    def at_most(self, rows: np.ndarray, columns: np.ndarray, cost: np.ndarray) -> np.ndarray:
        above = self._above[0][rows] + self._above[1][columns]
        return self._costs[rows, columns] + np.where(self._exact[rows, columns], 0.0, above)

    def _look_at(self, i: np.ndarray, j: np.ndarray) -> None:
        new = ~self._exact[i, j]
        i, j = i[new], j[new]
        self._left -= len(i)
        if self._left < 0:
            raise TooCoarse
        self._costs[i, j] = sqdists(*self._sets, i, j)
        self._exact[i, j] = True
