"""Squared distances of long samples by a product in float32, with float64 where it matters.

An entry is a proven lower bound until it is looked at; then it is exact. A permutation of exact
entries that is optimal beside bounds is optimal.
"""

import numpy as np
import torch

from dmdrepro.metrics.costs import Costs
from dmdrepro.metrics.moments import sqdists
from dmdrepro.metrics.own_nearest import bounded_rows, product
from dmdrepro.metrics.watch import News, Watch, nobody

LONG = 256  # dimensions from which on a product in float32 saves more than the bounds cost
SUMMED = 512  # products in float32, so that the bounds are nearer than those of one long sum
ENTRIES = 1 << 20  # of the product at once
FEW = 64  # rows that are made float64 at once
# Of what the mean entry is above a row's least: farther below the entry the bound is of no use.
FAR = 0.05
LOOKED_AT = 16  # entries of each row, beyond which all of them are better made in float64


class TooCoarse(Exception):
    """Float32 says too little of these sets."""


class BoundedCosts(Costs):
    """`Costs` of x, y [N, D] on a CPU; raises TooCoarse, at any time, if they do not pay."""

    def __init__(self, x: np.ndarray, y: np.ndarray, watch: Watch = nobody) -> None:
        (n, d), held = x.shape, np.empty((len(x), len(x)))
        parts = [slice(first, first + SUMMED) for first in range(0, d, SUMMED)]
        rows = bounded_rows(x, y, 2 * (SUMMED + 8 + len(parts)))
        low_x, low_y = rows.low_x / rows.scale**2, rows.low_y / rows.scale**2
        step = max(1, ENTRIES // n)
        for first in range(0, n, step):
            watch(News("squared distances", first / n))
            some = rows.x[first : first + step]
            total = product(some[:, parts[0]], rows.y[:, parts[0]])
            for part in parts[1:]:
                total += product(some[:, part], rows.y[:, part])
            for start in range(0, len(total), FEW):  # a core's cache keeps so many rows
                few = slice(first + start, first + min(start + FEW, len(total)))
                block = held[few]
                np.multiply(total[start : start + FEW], -2 / rows.scale**2, out=block, dtype=float)
                block += low_x[few, None]
                block += low_y
        self._sets, self._costs, self._exact = (x, y), held, np.zeros((n, n), dtype=bool)
        self._above = rows.width_x, rows.width_y  # bound + both >= entry
        self._left = LOOKED_AT * n
        super().__init__(torch.from_numpy(held), watch=watch)
        width = sum(float(w.mean()) for w in self._above)
        if not width <= FAR * (self.mean - self.mean_cheapest):
            raise TooCoarse
        self.start = torch.from_numpy(low_y.mean() - low_y)

    def entries(self, columns: torch.Tensor) -> torch.Tensor:
        self.look_at(columns.numpy())
        return super().entries(columns)

    def look_at(self, columns: np.ndarray) -> bool:
        return self._look_at(np.arange(len(self)), columns)

    def look_below(self, rows: np.ndarray, price: np.ndarray, limit: np.ndarray) -> bool:
        """As of `Costs`: entries are made exact of which the bounds leave it open."""
        below = self._costs[rows]
        below += price
        # Twice, so that what is believed without a look is progress: it may be the price's source.
        surely = limit - 2 * (self._above[0][rows] + self._above[1].max())
        i, j = ((below < limit[:, None]) & (below >= surely[:, None])).nonzero()
        return self._look_at(rows[i], j)

    def at_most(self, rows: np.ndarray, columns: np.ndarray, cost: np.ndarray) -> np.ndarray:
        above = self._above[0][rows] + self._above[1][columns]
        return self._costs[rows, columns] + np.where(self._exact[rows, columns], 0.0, above)

    def _look_at(self, i: np.ndarray, j: np.ndarray) -> bool:
        """Whether entries became exact that were not."""
        new = ~self._exact[i, j]
        i, j = i[new], j[new]
        self._left -= len(i)
        if self._left < 0:
            raise TooCoarse
        self._costs[i, j] = sqdists(*self._sets, i, j)
        self._exact[i, j] = True
        return len(i) > 0
