"""Dual potentials of a permutation by Bellman-Ford, or the cycle that makes it cheaper.

A permutation sigma of least cost sum_i C_i,sigma(i) and only such a one has prices p with
C_ij + p_j >= C_i,sigma(i) + p_sigma(i) for all i, j: no row would rather have another column. They
are shortest paths in the graph whose edge i -> j, "row i takes the column of row j", has length
C_i,sigma(j) - C_i,sigma(i), and exist unless that graph has a negative cycle, which is a cheaper
permutation. (With v = -p this is the mirror image of v_j <- min_i(v_sigma(i) + C_ij -
C_i,sigma(i)): paths to a row in place of paths from it, so that C is read along its rows.)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from dmdrepro.kernels import cheapest_two
from dmdrepro.metrics.costs import Costs, as_costs

ROUNDING = 16 * 2.0**-52  # of the terms of a sum of rounded costs: below it nothing is improved
CHECK_EVERY = 32  # passes between two looks for a cycle
PASSES = 20  # times N: a shortest path has at most N edges, seldom more than some hundred


@dataclass(frozen=True)
class Potentials:
    """`price` p [N] and `least` [N] = min_j(C_ij + p_j) over *all* columns, float64.

    The sum of C_i,sigma(i) + p_sigma(i) - least_i >= 0 is primal less dual, whatever p is. `least`
    is empty where there are cycles.
    """

    price: torch.Tensor
    least: torch.Tensor
    passes: int
    cycles: torch.Tensor | None  # [N]: the columns after every cycle found was gone round


def find_potentials(cost: Costs | torch.Tensor, columns: torch.Tensor) -> Potentials:
    """Potentials of the permutation `columns` [N] int64 for float64 costs [N, N], finite.

    Bellman-Ford from zero prices over each row's few cheapest columns until nothing changes above
    rounding, then one pass over all columns; rows that find better there look at other columns,
    until there are none: the last word is always that of all costs. Memory: O(N) beside them.
    Stops at negative cycles, or with what it has after very many passes (the gap says what that is
    worth). Nothing but costs and permutation is asked, so that the last result is remembered.
    """
    costs = as_costs(cost)
    return costs.remember("potentials", columns, lambda: _find(costs, columns))


def _find(costs: Costs, columns: torch.Tensor) -> Potentials:
    own = costs.entries(columns)
    price = torch.zeros_like(own)
    graph = _Graph(columns, own, costs.nearest.clone(), costs.nearest_cost.clone())
    passes = 0
    while True:
        made, cycles = graph.relax(price)
        passes += made
        if cycles is not None:
            return Potentials(price, own.new_empty(0), passes, cycles)
        least, column, rows = graph.look_at_all(costs, price)
        passes += 1
        if len(rows) == 0 or passes > PASSES * len(costs):
            return Potentials(price, least, passes, None)
        graph.lower(price, rows, least, column)


class _Graph:
    """The edges that the fast passes follow: K columns of each row."""

    def __init__(
        self,
        columns: torch.Tensor,  # [N]
        own: torch.Tensor,  # [N]: C_i,sigma(i)
        near: torch.Tensor,  # [N, K]
        near_cost: torch.Tensor,  # [N, K]
    ):
        self.columns, self.own, self.near, self.near_cost = columns, own, near, near_cost
        self.row_of = torch.empty_like(columns)
        self.row_of[columns] = torch.arange(len(columns), device=columns.device)
        self.successor = self.row_of[columns]  # each row's next on its shortest path

    def look_at_all(
        self, costs: Costs, price: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """`least` [N] = min_j(C_ij + p_j), its `column` [N], and the rows [R] with a shorter path.

        These follow from now on the K columns that are cheapest at these prices; lengths of paths
        found before stay valid.
        """
        least, column = torch.empty_like(price), torch.empty_like(self.columns)
        changed = [self.columns.new_empty(0)]
        for part, block in costs.blocks():
            every = torch.arange(len(block), device=price.device)
            found = cheapest_two(block, price, every)
            least[part], column[part] = found.value[:, 0], found.column
            rows = self.improved(price, least[part], column[part], part)
            if len(rows) > 0:
                better = block[rows]
                near = (better + price).topk(self.near.shape[1], dim=1, largest=False, sorted=False)
                changed.append(rows + part.start)
                self.near[changed[-1]] = near.indices
                self.near_cost[changed[-1]] = better.gather(1, near.indices)
        return least, column, torch.cat(changed)

    def improved(
        self,
        price: torch.Tensor,
        least: torch.Tensor,
        column: torch.Tensor,
        part: slice = slice(None),
    ) -> torch.Tensor:
        """The rows [R] of `part` for which least = C_ij + p_j is below C_i,sigma(i) + p_sigma(i).

        By more than rounding, which is relative to these terms and never to the largest cost:
        near-copies may cost 1e-24 of the rest.
        """
        own, mine = self.own[part], price[self.columns[part]]
        terms = own.abs() + mine.abs() + least.abs() + price[column].abs()
        return (own + mine - least > ROUNDING * terms).nonzero()[:, 0]

    def lower(
        self, price: torch.Tensor, rows: torch.Tensor, least: torch.Tensor, column: torch.Tensor
    ) -> None:
        """Take the shorter paths of `rows` [R], through the row that has `column` [N]."""
        price[self.columns[rows]] = least[rows] - self.own[rows]
        self.successor[rows] = self.row_of[column[rows]]

    def relax(self, price: torch.Tensor) -> tuple[int, torch.Tensor | None]:
        """(passes made, None or a cheaper permutation); lowers `price` in place."""
        for done in range(1, len(price) + 2):
            least, k = (self.near_cost + price[self.near]).min(1)
            column = self.near.gather(1, k[:, None])[:, 0]
            rows = self.improved(price, least, column)
            if len(rows) == 0:
                break
            self.lower(price, rows, least, column)
            if done % CHECK_EVERY == 0 and (cycles := self.cycles()) is not None:
                return done, cycles
        return done, self.cycles()

    def cycles(self) -> torch.Tensor | None:
        """The columns with every cycle of successors gone round: each makes it cheaper.

        While prices fall, each row's is at least its successor's plus the edge between them, so a
        cycle of successors has negative length. All are disjoint.
        """
        end = self.successor
        for _ in range(len(end).bit_length()):
            end = end[end]
        on_cycle = torch.zeros_like(end, dtype=torch.bool)
        on_cycle[end] = True  # where long walks end: cycles, and rows that are their own successor
        moved = on_cycle & (self.successor != self.row_of[self.columns])
        if not moved.any():
            return None
        return torch.where(moved, self.columns[self.successor], self.columns)
