"""What a row bids for under rising prices: by the whole row, or by a list that stands for it."""

from __future__ import annotations

import numpy as np

from dmdrepro.metrics.costs import Costs

# Columns on a list, more or less: as fast to look through as some, enough for many bids.
LENGTH = 256
LEAST, MOST = 16, 4 * LENGTH
SAMPLE = 1024  # of a row's columns, from which a list's bound is guessed

# Points up to which a row in memory is looked through as fast as its list is kept; measured at
# 10,000: independent points alike, points on a circle 8 s in place of 25 s in the first phases.
WHOLE_ROWS = 20_000


def bidder(costs: Costs, price: np.ndarray) -> WholeRows | Shortlists:
    """Whichever is faster; both name the same columns. `price` [N] is raised by the auction."""
    if costs.whole and len(costs) <= WHOLE_ROWS:
        return WholeRows(costs.held.numpy(), price)
    return Shortlists(costs, price)


class WholeRows:
    """Each bid looks through its row of `matrix` [N, N]."""

    def __init__(self, matrix: np.ndarray, price: np.ndarray) -> None:
        self.matrix, self.price = matrix, price
        self._total = np.empty(len(price))

    def cheapest_two(self, row: int) -> tuple[int, float, float]:
        """(j, C_ij + p_j, the next such cost) for the cheapest column j, of equals the lowest."""
        total = np.add(self.matrix[row], self.price, out=self._total)
        column = int(total.argmin())
        first = total.item(column)
        total[column] = np.inf
        return column, first, total.item(total.argmin())  # twice as fast as min()


class Shortlists:
    """For each row some cheapest columns, and a bound that no other column is below.

    Prices only rise, and a rounded sum with them: the bound stays true, and while the two cheapest
    of a list are within it they are the two cheapest of all. Beyond it the row is looked at again.
    `price` [N] is the auction's own, which raises it in place.
    """

    def __init__(self, costs: Costs, price: np.ndarray) -> None:
        self.costs, self.price = costs, price
        nothing = np.zeros(2, dtype=np.int64), np.zeros(2), -np.inf
        self._lists = [nothing] * len(costs)  # each: columns ascending, their costs, the bound

    def cheapest_two(self, row: int) -> tuple[int, float, float]:
        """As `WholeRows.cheapest_two`."""
        column, cost, bound = self._lists[row]
        total = self.price[column]
        total += cost
        k = total.argmin()
        first = total[k]
        total[k] = np.inf
        second = total.min()
        if second <= bound:
            return int(column[k]), first, second
        total = self._look_again(row)
        j = int(total.argmin())
        first = total[j]
        total[j] = np.inf
        return j, first, total.min()

    def _look_again(self, row: int) -> np.ndarray:
        """C_ij + p_j of `row` for all j, [N]; makes its list anew, and those that come with it."""
        rows, block = self.costs.around(row)
        for i, cost in zip(range(rows.start, rows.stop), block.numpy(), strict=True):
            total = cost + self.price
            column, bound = _shortlist(total)
            self._lists[i] = column, cost[column], bound
            if i == row:
                wanted = total
        return wanted


def _shortlist(total: np.ndarray) -> tuple[np.ndarray, float]:
    """(columns ascending, bound): every other column is above the bound, or equal and higher."""
    n = len(total)
    if n <= MOST:
        return np.arange(n), np.inf
    sample = total[:: n // SAMPLE]
    bound = np.partition(sample, k := LENGTH * len(sample) // n)[k]
    column = (total <= bound).nonzero()[0]
    if len(column) < LEAST:  # the sample is unlike the row
        bound = np.partition(total, LENGTH)[LENGTH]
        column = (total <= bound).nonzero()[0]
    if len(column) > MOST:  # ties, or again the sample
        bound = total[column[MOST:]].min()
        column = column[:MOST]
    return column, bound
