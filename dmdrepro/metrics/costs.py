"""The costs of an assignment: all in memory, or some rows there and the others made when needed.

Either way the bits are the same: an entry is always made by the same call on the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import torch
from scipy.spatial.distance import cdist

from dmdrepro.kernels import backend, pairwise_sqdist
from dmdrepro.kernels.pairwise_sqdist.reference import pairwise_sqdist_reference
from dmdrepro.metrics.balanced import balanced_prices, shared_prices
from dmdrepro.metrics.memory import cpu_copy
from dmdrepro.metrics.watch import News, Watch, nobody

T = TypeVar("T")

# Up to this dimension differences of each pair, entry by entry, cost less than a matrix product,
# and one row can be made alone.
DIRECT = 16
CACHED = 1 << 18  # entries at once: 2 MB, which a core's cache keeps; on a GPU a matrix has more
PRODUCT = 1 << 20  # by a matrix product
LEAST_ROWS = 256  # of a product; fewer spend their time on the other side
ROOM = 10  # times these: entries of balanced costs, which memory_plan counts as working memory
NEAREST = 16  # columns of each row that are known from the beginning
# The search for potentials begins at prices if the rows' least entries are on average at least this
# share of them; much smaller entries would lose their digits beside such prices.
COMPARABLE = 1e-3


class Costs:
    """C [N, N] float64, finite. The first rows are held; `points` make the others each time.

    `cheapest` [N]: each row's cheapest column, the lowest of equal ones. `nearest`, `nearest_cost`
    [N, K]: its K cheapest in any order. `mean`, `largest`: of all entries; `mean_cheapest`: of each
    row's least. `watch` is told of the progress, and may raise to stop.
    """

    dtype = torch.float64

    def __init__(
        self, held: torch.Tensor, points: Points | None = None, watch: Watch = nobody
    ) -> None:
        self.held, self._points, self.watch = held, points, watch
        n, self.device = held.shape[1], held.device
        self.shape = (n, n)
        self.remembered: dict[str, tuple[torch.Tensor, object]] = {}
        self.start = torch.zeros(n, dtype=torch.float64, device=self.device)
        self._step = points.step if points else max(1, CACHED * (1 if held.is_cpu else 256) // n)
        self._near: tuple[torch.Tensor, torch.Tensor] | None = None
        # Rows that are not held are dear: all that is asked of them at once.
        self._summarise(with_nearest=not self.whole)

    @classmethod
    def of_points(cls, x: torch.Tensor, y: torch.Tensor, rows: int, watch: Watch = nobody) -> Costs:
        """Squared distances of x, y [N, D], the first `rows` or less held; refuses an overflow."""
        points = Points(x, y)
        n = len(x)
        if rows < n:
            rows -= rows % points.step
        held = torch.empty((rows, n), dtype=torch.float64, device=x.device)
        for first in range(0, rows, points.step):
            last = min(first + points.step, rows)
            watch(News("squared distances", first / n))
            held[first:last] = points.rows(first, last)
        return cls(held, points, watch)

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
                "which does not fit; use solver 'auction' or measure fewer samples."
            )
        return self.held

    def balanced(self) -> np.ndarray | None:
        """C with prices, less each row's least: other costs [N, N] with the same optima.

        `start` becomes these prices. None if there are none, or no room for the matrix.
        """
        alone = self._points is not None and self._points.alone
        room = ROOM * (CACHED if alone else PRODUCT)
        if self.device.type != "cpu" or len(self) ** 2 > room:
            return None
        if alone and (found := balanced_prices(self._points.x, self._points.y)) is not None:
            self.start = torch.from_numpy(found - found.mean())
        if not self.start.any():
            return None
        prices, near, cost = (t.numpy() for t in (self.start, *self._nearest()))
        cost = cost + prices[near]
        cheapest = np.take_along_axis(near, cost.argmin(1, keepdims=True), 1)
        shared = prices + shared_prices(near, cost)
        found, columns = self._less_each_least(shared)
        if len(np.unique(columns)) < len(np.unique(cheapest)):  # what is on no list is too cheap
            shared, found = prices, self._less_each_least(prices)[0]
        comparable = self.mean_cheapest >= COMPARABLE * np.abs(shared).mean()
        self.start, self._near = torch.from_numpy(shared if comparable else 0 * shared), None
        return found

    def _less_each_least(self, prices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(C with prices, less each row's least [N, N], the column of that [N])."""
        found, column = np.empty(self.shape), np.empty(len(self), dtype=np.int64)
        for rows, block in self.blocks():
            np.add(block.numpy(), prices, out=found[rows])
            column[rows] = found[rows].argmin(1)
            found[rows] -= np.take_along_axis(found[rows], column[rows, None], 1)
        return found, column

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
        """`find()`, or its last result if the permutation is the same."""
        known = self.remembered.get(what)
        if known is None or not torch.equal(known[0], columns):
            known = self.remembered[what] = (columns.clone(), find())
        return known[1]

    def look_at(self, columns: np.ndarray) -> bool:
        """Whether an entry of each row i and column `columns` [N] was believed to be higher.

        Of costs that are bounds until they are looked at (metrics/bounded.py).
        """
        return False

    def look_below(self, rows: np.ndarray, price: np.ndarray, limit: np.ndarray) -> bool:
        """Whether entries of `rows` [R] changed: bounds that may be, with prices, below `limit`.

        See metrics/bounded.py; here all entries are exact.
        """
        return False

    def at_most(self, rows: np.ndarray, columns: np.ndarray, cost: np.ndarray) -> np.ndarray:
        """Upper bounds of these entries, of which `cost` was read."""
        return cost

    def on_cpu(self) -> Costs:
        """The same on the CPU: themselves, or a copy of the matrix that is known to fit."""
        if self.device.type == "cpu":
            return self
        return Costs(cpu_copy(self.held), watch=self.watch)

    @property
    def nearest(self) -> torch.Tensor:
        return self._nearest()[0]

    @property
    def nearest_cost(self) -> torch.Tensor:
        return self._nearest()[1]

    def _rows(self, first: int, last: int) -> torch.Tensor:
        if last <= len(self.held):
            return self.held[first:last]
        return self._points.rows(first, last)

    def _summarise(self, *, with_nearest: bool) -> None:
        n, total, least, largest = len(self), 0.0, 0.0, 0.0
        # Allocated first: small results between large blocks would fragment the heap.
        self.cheapest = torch.empty(n, dtype=torch.int64, device=self.device)
        if with_nearest:
            self._near = self._room_for_nearest()
        for rows, block in self.blocks():
            self.watch(News("a look at all distances", rows.start / n))
            self.cheapest[rows], of_all, of_least, most = _cheapest(block)
            total, least, largest = total + of_all, least + of_least, max(largest, most)
            if with_nearest:
                self._put_nearest(rows, block)
        self.mean, self.mean_cheapest, self.largest = total / n**2, least / n, largest

    def _nearest(self) -> tuple[torch.Tensor, torch.Tensor]:
        if self._near is None:
            self._near = self._room_for_nearest()
            for rows, block in self.blocks():
                self.watch(News("the nearest of each point", rows.start / len(self)))
                self._put_nearest(rows, block)
        return self._near

    def _room_for_nearest(self) -> tuple[torch.Tensor, torch.Tensor]:
        shape = len(self), min(NEAREST, len(self))
        kinds = torch.int64, torch.float64
        return tuple(torch.empty(shape, dtype=kind, device=self.device) for kind in kinds)

    def _put_nearest(self, rows: slice, block: torch.Tensor) -> None:
        if block.device.type == "cpu":  # numpy: one thread, see `_cheapest`
            costs = block.numpy()
            column = cheapest_few(costs, self.start.numpy(), self._near[0].shape[1])
            self._near[0][rows] = torch.from_numpy(column)
            self._near[1][rows] = torch.from_numpy(np.take_along_axis(costs, column, 1))
            return
        found = (block + self.start).topk(
            self._near[0].shape[1], dim=1, largest=False, sorted=False
        )
        self._near[0][rows], self._near[1][rows] = found.indices, block.gather(1, found.indices)


def _cheapest(block: torch.Tensor) -> tuple[torch.Tensor, float, float, float]:
    """(each row's cheapest column [R], the sums of all and of these entries, the largest entry).

    Raises ValueError for entries that are not finite. On a CPU by numpy, on one thread: torch's
    threads would wait for one another at each of many small operations.
    """
    if block.device.type == "cpu":
        costs = block.numpy()
        column = costs.argmin(1)
        least, largest, total = costs[np.arange(len(costs)), column], costs.max(), costs.sum()
        finite = np.isfinite(largest) and bool(np.isfinite(least).all())
        column = torch.from_numpy(column)
    else:
        least, column = block.min(1)
        finite, largest, total = bool(block.isfinite().all()), block.max(), block.sum()
    if not finite:
        raise ValueError("Squared distances overflow float64; scale both sets down alike.")
    return column, float(total), float(least.sum()), float(largest)


def cheapest_few(costs: np.ndarray, price: np.ndarray, k: int) -> np.ndarray:
    """[R, K]: the columns of least C_ij + p_j, but for the last bits, of rows [R, N]; in any order.

    A column's number takes the last bits of the sum: numpy partitions values in half the time that
    it takes for their places.
    """
    last = (1 << (len(price) - 1).bit_length()) - 1
    total = costs + price
    bits = total.view(np.int64)
    bits &= ~last
    bits |= np.arange(len(price))
    total.partition(k - 1, 1)
    return bits[:, :k] & last


def as_costs(cost: Costs | torch.Tensor) -> Costs:
    """A matrix [N, N] float64 as `Costs`."""
    return cost if isinstance(cost, Costs) else Costs(cost)


def by_differences(d: int, device: torch.device) -> bool:
    """Whether rows of D-dimensional points are made by differences, alone, not by products."""
    return device.type == "cpu" and d <= DIRECT


class Points:
    """Makes rows of squared distances of x, y [N, D], always the same bits for an entry.

    A matrix product's last bits depend on its number of rows. So, unless `alone`, `rows` must be
    asked for `step` rows from a multiple of it.
    """

    def __init__(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self.alone = by_differences(x.shape[1], x.device)
        if self.alone:
            self.step = max(1, CACHED // len(y))
            self.x, self.y = (np.ascontiguousarray(t.double().numpy()) for t in (x, y))
        else:
            self.step = max(LEAST_ROWS, PRODUCT // len(y))
            self.x, self.y = x, y

    def rows(self, first: int, last: int) -> torch.Tensor:
        """C[first:last] [R, N]."""
        if self.alone:
            return torch.from_numpy(cdist(self.x[first:last], self.y, "sqeuclidean"))
        x, y = self.x[first:last], self.y
        if backend(x.device) == "reference":  # the registered operation loads torch's compiler: 2 s
            return pairwise_sqdist_reference(x[None], y[None])[0]
        return pairwise_sqdist(x, y)
