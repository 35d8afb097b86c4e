"""The costs of an assignment: all in memory, or some rows there and the others made when needed.

Every algorithm of this room sees costs through `Costs` and gets the same bits either way: an entry
is always made by the same call on the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import torch
from scipy.spatial.distance import cdist

from dmdrepro.kernels import pairwise_sqdist
from dmdrepro.metrics.memory import cpu_copy

T = TypeVar("T")

# Up to this dimension differences of each pair, entry by entry, cost less than a matrix product,
# and one row can be made alone.
DIRECT = 16
CACHED = 1 << 18  # entries made at once by differences: 2 MB, which a core's cache keeps
PRODUCT = 1 << 20  # by a matrix product
LEAST_ROWS = 256  # of a product; fewer spend their time on the other side
NEAREST = 16  # columns of each row that are known from the beginning


class Costs:
    """C [N, N] float64, finite. The first rows may be held; `points` make the others each time.

    `nearest`, `nearest_cost` [N, K]: each row's K cheapest columns in any order. `mean`, `largest`,
    `mean_cheapest`: of all entries, of each row's least one. `remembered`: the last results of
    pure functions of the costs and a permutation, by their names.
    """

    dtype = torch.float64

    def __init__(self, held: torch.Tensor, points: Points | None = None) -> None:
        self.held, self._points = held, points
        n = held.shape[1]
        self.shape, self.device = (n, n), held.device
        self.remembered: dict[str, tuple[torch.Tensor, object]] = {}
        self._step = points.step if points else max(1, CACHED // n)
        self._summarise(min(NEAREST, n))

    @classmethod
    def of_points(cls, x: torch.Tensor, y: torch.Tensor, rows: int) -> Costs:
        """Squared distances of x, y [N, D], the first `rows` rows (or some less) held.

        Raises ValueError where a distance overflows.
        """
        points = Points(x, y)
        n = len(x)
        if rows < n:
            rows -= rows % points.step
        held = torch.empty((rows, n), dtype=torch.float64, device=x.device)
        for first in range(0, rows, points.step):
            last = min(first + points.step, rows)
            held[first:last] = points.rows(first, last)
        return cls(held, points)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def whole(self) -> bool:
        """All rows are held."""
        return len(self.held) == len(self)

    def matrix(self, who: str) -> torch.Tensor:
        """[N, N], for an algorithm that needs all at once; raises ValueError if it is not held."""
        if not self.whole:
            raise ValueError(
                f"{who} needs the whole matrix of {len(self):,} x {len(self):,} costs in memory, "
                "where it does not fit; use solver 'auction' or measure fewer samples."
            )
        return self.held

    def blocks(self) -> Iterator[tuple[slice, torch.Tensor]]:
        """(rows, C[rows]) over all rows, not to be written to."""
        for first in range(0, len(self), self._step):
            last = min(first + self._step, len(self))
            yield slice(first, last), self._rows(first, last)

    def around(self, row: int) -> tuple[slice, torch.Tensor]:
        """(rows, C[rows]): the fewest rows with `row` among them that can be had."""
        if row < len(self.held) or self._points.alone:
            return slice(row, row + 1), self._rows(row, row + 1)
        first = row - row % self._step
        last = min(first + self._step, len(self))
        return slice(first, last), self._rows(first, last)

    def entries(self, columns: torch.Tensor) -> torch.Tensor:
        """[N]: C_i,columns(i)."""

        def gather() -> torch.Tensor:
            found = torch.empty(len(self), dtype=torch.float64, device=self.device)
            for rows, block in self.blocks():
                found[rows] = block.gather(1, columns[rows, None])[:, 0]
            return found

        return self.remember("entries", columns, gather)

    def remember(self, what: str, columns: torch.Tensor, find: Callable[[], T]) -> T:
        """`find()`, or what it found for the same permutation last: the solver's last look at the
        costs is the certificate's first, and rows that are not held are dear.
        """
        known = self.remembered.get(what)
        if known is None or not torch.equal(known[0], columns):
            known = self.remembered[what] = (columns.clone(), find())
        return known[1]

    def on_cpu(self) -> Costs:
        """Where a CPU can read them: themselves, or a copy of the matrix that is known to fit."""
        return self if self.device.type == "cpu" else Costs(cpu_copy(self.held))

    def _rows(self, first: int, last: int) -> torch.Tensor:
        if last <= len(self.held):
            return self.held[first:last]
        return self._points.rows(first, last)

    def _summarise(self, k: int) -> None:
        n, total, least, largest = len(self), 0.0, 0.0, 0.0
        # Made beforehand: small results that stay between large blocks that go would spread out the
        # heap to several times what it holds.
        self.nearest = torch.empty((n, k), dtype=torch.int64, device=self.device)
        self.nearest_cost = torch.empty((n, k), dtype=torch.float64, device=self.device)
        for rows, block in self.blocks():
            if not bool(block.isfinite().all()):
                raise ValueError("Squared distances overflow float64; scale both sets down alike.")
            found = block.topk(k, dim=1, largest=False, sorted=False)
            self.nearest[rows], self.nearest_cost[rows] = found.indices, found.values
            total += float(block.sum())
            least += float(found.values.amin(1).sum())
            largest = max(largest, float(block.max()))
        self.mean, self.mean_cheapest, self.largest = total / n**2, least / n, largest


def as_costs(cost: Costs | torch.Tensor) -> Costs:
    """A matrix [N, N] float64 as `Costs`."""
    return cost if isinstance(cost, Costs) else Costs(cost)


def by_differences(d: int, device: torch.device) -> bool:
    """Whether rows of D-dimensional points are made by differences, alone, not by products."""
    return device.type == "cpu" and d <= DIRECT


class Points:
    """Makes rows of squared distances of x, y [N, D], always the same bits for an entry.

    A matrix product's last bits depend on how many rows it has: there `rows` must be asked for the
    same `step` rows each time, from a multiple of it.
    """

    def __init__(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self.alone = by_differences(x.shape[1], x.device)
        if self.alone:
            self.step = max(1, CACHED // len(y))
            self._x, self._y = (np.ascontiguousarray(t.double().numpy()) for t in (x, y))
        else:
            self.step = max(LEAST_ROWS, PRODUCT // len(y))
            self._x, self._y = x, y

    def rows(self, first: int, last: int) -> torch.Tensor:
        """C[first:last] [R, N]."""
        if self.alone:
            return torch.from_numpy(cdist(self._x[first:last], self._y, "sqeuclidean"))
        return pairwise_sqdist(self._x[first:last], self._y)
