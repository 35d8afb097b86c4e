"""Shortest paths in the graph of a permutation, over a few edges of each row, in numpy.

Row i's edge to row j, "i takes the column of j", has length C_i,sigma(j) - C_i,sigma(i). Plain
Bellman-Ford makes as many passes as a path has edges: thousands if points lie along a curve. So
between passes every row's price becomes the length of the whole path that its successors name
(Howard's policy iteration, 1960), by doubling in log2(N) steps. numpy, since so many small
operations on several of torch's threads wait for one another longer than they work.
"""

import numpy as np

from dmdrepro.metrics.watch import News, Watch, nobody

ROUNDING = 16 * 2.0**-52  # of the terms of a sum of rounded costs: below it nothing is improved
CHECK_EVERY = 32  # plain passes between two looks for a cycle


class Paths:
    """The edges that the passes follow: K columns of each row. Prices are changed in place."""

    def __init__(
        self,
        columns: np.ndarray,  # [N]: the permutation
        own: np.ndarray,  # [N]: C_i,sigma(i)
        near: np.ndarray,  # [N, K] columns
        near_cost: np.ndarray,  # [N, K]
        watch: Watch = nobody,
    ):
        n = len(columns)
        self.columns, self.own, self.near, self.near_cost = columns, own, near, near_cost
        self.every, self.watch = np.arange(n), watch
        self.row_of = np.empty_like(columns)
        self.row_of[columns] = self.every
        self.successor = self.every.copy()  # each row's next on its shortest path
        self.taken = own.copy()  # C_i,sigma(successor)
        self.whole_paths = True  # False: plain passes only

    def wanted(self, price: np.ndarray) -> np.ndarray:
        """[N] C_i,sigma(i) + p_sigma(i): no other column may cost less."""
        return self.own + price[self.columns]

    def improved(
        self, price: np.ndarray, least: np.ndarray, column: np.ndarray, part: slice = slice(None)
    ) -> np.ndarray:
        """The rows [R] of `part` for which least = C_ij + p_j is below C_i,sigma(i) + p_sigma(i).

        By more than the rounding of these terms, not of the largest cost: near-copies may cost
        1e-24 of it.
        """
        own, mine = self.own[part], price[self.columns[part]]
        excess = own + mine - least
        if not (excess > 0).any():
            return np.empty(0, dtype=np.int64)
        terms = np.abs(own) + np.abs(mine) + np.abs(least) + np.abs(price[column])
        return (excess > ROUNDING * terms).nonzero()[0]

    def lower(
        self,
        price: np.ndarray,
        rows: np.ndarray,  # [R]
        least: np.ndarray,  # [R]: C_ij + p_j
        column: np.ndarray,  # [R]: j
        cost: np.ndarray,  # [R]: C_ij
    ) -> None:
        """Take the shorter paths of `rows`, through the rows that have `column`."""
        price[self.columns[rows]] = least - self.own[rows]
        self.successor[rows] = self.row_of[column]
        self.taken[rows] = cost

    def relax(self, price: np.ndarray) -> tuple[int, np.ndarray | None]:
        """(passes made, None or a cheaper permutation); lowers `price`."""
        for done in range(1, len(price) + 2):
            self.watch(News("a proof that no pairing is cheaper"))
            total = price[self.near]
            total += self.near_cost
            k = total.argmin(1)
            least, column = total[self.every, k], self.near[self.every, k]
            rows = self.improved(price, least, column)
            if len(rows) == 0:
                break
            self.lower(price, rows, least[rows], column[rows], self.near_cost[rows, k[rows]])
            look = self.whole_paths or done % CHECK_EVERY == 0
            if look and (cycles := self.follow(price)) is not None:
                return done, cycles
        return done, self.follow(price)

    def follow(self, price: np.ndarray) -> np.ndarray | None:
        """Lower `price` to the lengths of the paths of successors; or the columns after cycles.

        While prices fall, each row's is at least its successor's plus the edge between them, so a
        cycle of successors has negative length. Sums along a path are rounded more than single
        steps, so a cycle is summed again by its own terms; if it is not negative, plain passes go
        on.
        """
        length, end = self.taken - self.own, self.successor
        for _ in range(len(end).bit_length()):
            length = length + length[end]
            end = end[end]
        if (self.successor[end] == end).all():
            if self.whole_paths:
                mine = price[self.columns]
                price[self.columns] = np.minimum(mine, length + mine[end])
            return None
        on_cycle = np.zeros(len(end), dtype=bool)
        on_cycle[end] = True  # where long walks end: cycles, and rows that are their own successor
        moved = on_cycle & (self.successor != self.every)
        if self.whole_paths and not self._all_negative(moved):
            self.successor, self.taken = self.every.copy(), self.own.copy()
            self.whole_paths = False
            return None
        return np.where(moved, self.columns[self.successor], self.columns)

    def _all_negative(self, moved: np.ndarray) -> bool:
        """Whether each cycle of the rows `moved` [N] bool costs less than its own columns."""
        name = self.every  # of each cycle: its lowest row
        jump = self.successor
        for _ in range(len(name).bit_length()):
            name = np.minimum(name, name[jump])
            jump = jump[jump]
        gain, terms = self.own - self.taken, np.abs(self.own) + np.abs(self.taken)
        sums = [np.bincount(name[moved], weights=t[moved]) for t in (gain, terms)]
        cycles = np.unique(name[moved])
        return bool((sums[0][cycles] > 2.0**-52 * sums[1][cycles]).all())
