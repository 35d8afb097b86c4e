"""Dual potentials of a permutation by Bellman-Ford, or the cycle that makes it cheaper.

A permutation sigma of least cost sum_i C_i,sigma(i) and only such a one has prices p with
C_ij + p_j >= C_i,sigma(i) + p_sigma(i) for all i, j: no row would rather have another column. They
are shortest paths in the graph whose edge i -> j, "row i takes the column of row j", has length
C_i,sigma(j) - C_i,sigma(i), and exist unless that graph has a negative cycle, which is a cheaper
permutation. (With v = -p this is the mirror image of v_j <- min_i(v_sigma(i) + C_ij -
C_i,sigma(i)): paths to a row in place of paths from it, so that C is read along its rows.)
"""

from dataclasses import dataclass

import numpy as np
import torch

from dmdrepro.kernels import cheapest_two
from dmdrepro.metrics.costs import Costs, as_costs, cheapest_few
from dmdrepro.metrics.shortest_paths import Paths
from dmdrepro.metrics.watch import News

PASSES = 20  # times N: a shortest path has at most N edges, seldom more than some hundred


@dataclass(frozen=True)
class Potentials:
    """`price` p [N] and `least` [N] = min_j(C_ij + p_j) over *all* columns, float64.

    The sum of C_i,sigma(i) + p_sigma(i) - least_i >= 0 is primal less dual for any p.
    """

    price: torch.Tensor
    least: torch.Tensor
    passes: int
    cycles: torch.Tensor | None  # [N]: the columns after every cycle found was gone round


Lists = tuple[np.ndarray, np.ndarray]  # columns [N, K] and their costs [N, K]


def find_potentials(
    cost: Costs | torch.Tensor, columns: torch.Tensor, also: Lists | None = None
) -> Potentials:
    """Potentials of the permutation `columns` [N] int64 for float64 costs [N, N], finite.

    Bellman-Ford from zero prices over each row's few cheapest columns until nothing changes above
    rounding, then one pass over all columns; rows that find better there look at other columns,
    until there are none: the last word is always that of all costs. Memory: O(N) beside them.
    Stops at negative cycles, or with what it has after very many passes (the gap says what that is
    worth). `also`: columns to be followed besides, of which nothing is believed; the right ones
    spare most looks at all columns. The last result is remembered.
    """
    costs = as_costs(cost)
    return costs.remember("potentials", columns, lambda: _find(costs, columns, also))


def cheapest_under(costs: Costs, price: torch.Tensor) -> Lists:
    """Each row's few columns of least C_ij + p_j, `price` p [N]."""
    shape = costs.nearest.shape
    column, cost = np.empty(shape, dtype=np.int64), np.empty(shape)
    look = _Look(costs, price.cpu().numpy())
    for part, block in costs.blocks():
        costs.watch(News("a look at all distances", part.start / len(costs)))
        rows = np.arange(len(block))
        column[part], near_cost, _ = look.nearest(block, rows, rows, shape[1])
        cost[part] = costs.at_most(part.start + rows[:, None], column[part], near_cost)
    return column, cost


def _find(costs: Costs, columns: torch.Tensor, also: Lists | None) -> Potentials:
    near, near_cost = costs.nearest.cpu().numpy().copy(), costs.nearest_cost.cpu().numpy().copy()
    near_cost = costs.at_most(np.arange(len(near))[:, None], near, near_cost)
    if also is not None:
        near, near_cost = np.hstack([near, also[0]]), np.hstack([near_cost, also[1]])
    own = costs.entries(columns).cpu().numpy()
    paths = Paths(columns.cpu().numpy(), own, near, near_cost, costs.watch)
    price, passes = costs.start.cpu().numpy().copy(), 0

    def found(least: np.ndarray, cycles: np.ndarray | None) -> Potentials:
        there = [torch.from_numpy(a).to(costs.device) for a in (price, least)]
        after = None if cycles is None else torch.from_numpy(cycles).to(costs.device)
        return Potentials(*there, passes, after)

    while True:
        made, cycles = paths.relax(price)
        passes += made
        if cycles is not None:
            return found(own[:0], cycles)
        if costs.look_at(paths.columns[paths.successor]):  # lower than believed
            near_cost[:] = costs.at_most(paths.every[:, None], near, near_cost)
            continue
        least, better = _look_at_all(costs, paths, price)
        passes += 1
        if len(better[0]) == 0 or passes > PASSES * len(costs):
            return found(least, None)
        paths.lower(price, *better)


Better = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # as `Paths.lower` takes them


def _look_at_all(costs: Costs, paths: Paths, price: np.ndarray) -> tuple[np.ndarray, Better]:
    """`least` [N] = min_j(C_ij + p_j), and the rows with a shorter path, how long and where.

    These follow from now on the K columns that are cheapest at these prices; lengths of paths
    found before stay valid.
    """
    least, column = np.empty_like(price), np.empty_like(paths.columns)
    rows, cost = [column[:0]], [price[:0]]
    look = _Look(costs, price)
    k = min(paths.near.shape[1], len(price))
    for part, block in costs.blocks():
        costs.watch(News("a proof that no pairing is cheaper", part.start / len(costs)))
        least[part], column[part] = look.cheapest(block)
        changed = paths.improved(price, least[part], column[part], part)
        there = changed + part.start
        if len(there) > 0 and costs.look_below(there, price, paths.wanted(price)[there]):
            least[there], column[there] = look.cheapest(block[torch.from_numpy(changed)])
            changed = paths.improved(price, least[part], column[part], part)
            there = changed + part.start
        if len(there) > 0:
            rows.append(there)
            nearest, of_nearest, chosen = look.nearest(block, changed, column[there], k)
            paths.near[there, :k] = nearest
            paths.near_cost[there, :k] = costs.at_most(there[:, None], nearest, of_nearest)
            cost.append(costs.at_most(there, column[there], chosen))
    every, dearest = np.concatenate(rows), np.concatenate(cost)
    return least, (every, dearest + price[column[every]], column[every], dearest)


class _Look:
    """What is asked of rows under prices: in numpy on a CPU, else on the costs' device."""

    def __init__(self, costs: Costs, price: np.ndarray) -> None:
        self._cpu = costs.device.type == "cpu"
        self._price = torch.from_numpy(price).to(costs.device)
        self._total: np.ndarray | None = None

    def cheapest(self, block: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """(least, column) [R] of C_ij + p_j over the columns of a block [R, N]; equals: lowest."""
        if not self._cpu:
            every = torch.arange(len(block), device=block.device)
            found = cheapest_two(block, self._price, every)
            return found.value[:, 0].cpu().numpy(), found.column.cpu().numpy()
        if self._total is None or len(self._total) < len(block):
            self._total = np.empty(tuple(block.shape))
        total = np.add(block.numpy(), self._price.numpy(), out=self._total[: len(block)])
        column = total.argmin(1)
        return total[np.arange(len(block)), column], column

    def nearest(
        self, block: torch.Tensor, rows: np.ndarray, column: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(columns [R, K] cheapest at these prices, their costs, the costs of `column` [R])."""
        if self._cpu:
            costs = block.numpy()[rows]
            every = np.arange(len(rows))
            near = cheapest_few(costs, self._price.numpy(), k)
            return near, np.take_along_axis(costs, near, 1), costs[every, column]
        better = block[torch.from_numpy(rows).to(block.device)]
        near = (better + self._price).topk(k, dim=1, largest=False, sorted=False).indices
        chosen = better.gather(1, torch.from_numpy(column).to(block.device)[:, None])[:, 0]
        return tuple(t.cpu().numpy() for t in (near, better.gather(1, near), chosen))
