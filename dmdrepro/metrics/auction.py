"""The optimal assignment by an auction with falling eps, made exact by cancelling cycles.

Bertsekas (1988): a row without a column bids for its cheapest one, C_ij + p_j, and raises its price
p_j by what the next cheapest costs more, plus eps; whoever held it is without. When nobody is, the
assignment costs at most N eps more than the optimum. The prices are kept and eps falls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

from dmdrepro.kernels import Bidding, auction_rounds, backend
from dmdrepro.metrics.bids import Shortlists, WholeRows, bidder
from dmdrepro.metrics.costs import Costs, as_costs
from dmdrepro.metrics.potentials import find_potentials

# Of the mean cost less the mean cheapest cost: where eps begins, and from where on it is looked
# whether the assignment is optimal.
FIRST_EPS, LAST_EPS = 0.1, 1e-6
SHRINK = 5.0  # of eps from phase to phase
BETWEEN_LOOKS = 3  # phases
LEAST_EPS = 2.0**-48  # of the largest cost and price: less would be lost in adding it to a price
CYCLES = 16  # times that cycles are cancelled at one look; more often means that eps is too large
LAST_CYCLES = 1000  # the same at the least eps
# On a GPU from here on all rows bid at once. Modelled, not measured: 6 N rounds of 8 microseconds
# (three launches) and 1 for each 2,048 columns, against 35 N bids of N reads each on a CPU.
AT_ONCE_FROM = 20_000
ROUNDS = 64  # between two looks of the host at whether somebody is waiting
BIDS = 10_000  # times N: a phase has some tens


def auction(cost: Costs | torch.Tensor, *, at_once: bool | None = None) -> torch.Tensor:
    """[N] int64: the column of each row in an assignment of least cost; `cost` [N, N] float64 >= 0.

    `at_once`: all waiting rows bid in one step, where the costs are (the default on a GPU from
    `AT_ONCE_FROM` rows on), or one after the other on the CPU, where a bid costs less than a step's
    overhead. eps falls until the assignment has dual potentials, which makes it optimal. No float64
    price resolves differences far below the largest cost; what the least eps leaves is mended by
    cancelling negative cycles, which needs no prices. Reproducible. Raises ValueError where the
    bidding does not end.
    """
    costs, n = as_costs(cost), len(cost)
    if at_once is None:
        at_once = costs.device.type == "cuda" and n >= AT_ONCE_FROM
    if not at_once:
        costs = costs.on_cpu()
    every = torch.arange(n, device=costs.device)
    if n == 1 or find_potentials(costs, every).cycles is None:
        return every  # a copying or a constant student; equal costs would make long price wars
    price = torch.zeros(n, dtype=torch.float64, device=costs.device)
    if at_once:
        bid = AllAtOnce(costs.matrix("An auction of all rows at once"), price)
    else:
        bid = partial(_bid_in_turn, bidder(costs, price.numpy()))
    spread = costs.mean - costs.mean_cheapest
    eps, phases = FIRST_EPS * spread, 0
    while True:
        floor = LEAST_EPS * (costs.largest + float(price.max()))
        last, eps = eps <= floor, max(eps, floor)
        owner = bid(eps)
        if last or eps <= LAST_EPS * spread:
            if last or phases % BETWEEN_LOOKS == 0:
                columns = torch.empty_like(owner)
                columns[owner] = every
                columns, optimal = _cancelled(costs, columns, LAST_CYCLES if last else CYCLES)
                if optimal or last:
                    return columns  # the certificate has the last word
            phases += 1
        eps /= SHRINK


def _cancelled(costs: Costs, columns: torch.Tensor, most: int) -> tuple[torch.Tensor, bool]:
    """(the permutation with cheaper cycles gone round at most `most` times, whether none is left).

    Needs no prices, so it is exact at any scale of the costs, and slow from far away.
    """
    for _ in range(most):
        cycles = find_potentials(costs, columns).cycles
        if cycles is None:
            return columns, True
        columns = cycles
    return columns, False


class AllAtOnce:
    """A Jacobi auction: every waiting row bids at the same prices."""

    def __init__(self, cost: torch.Tensor, price: torch.Tensor) -> None:
        """`price`: raised in place."""
        self._cost, self._bidding = cost, Bidding.over(price)
        self._rounds = _repeatable(self._some_rounds, cost.device)

    def __call__(self, eps: float) -> torch.Tensor:
        """[N] the row that holds each column, when every row holds one."""
        bidding, n = self._bidding, len(self._bidding.owner)
        bidding.begin(eps)
        left, made = n, 0
        while left:
            self._rounds()
            before, (left, made) = made, bidding.progress()
            if made == before:
                raise RuntimeError("The auction's rounds were not executed; use solver 'scipy'.")
            _counted(made, n)
        return bidding.owner.clone()

    def _some_rounds(self) -> None:
        auction_rounds(self._cost, self._bidding, ROUNDS)


def _repeatable(work: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """`work`, where kernels run on a GPU as one CUDA graph.

    Called twice first, when it must have nothing to do.
    """
    work()
    if device.type != "cuda" or backend(device) != "triton":
        return work
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=torch.cuda.Stream(device)):
        work()
    return graph.replay


def _bid_in_turn(rows: WholeRows | Shortlists, eps: float) -> torch.Tensor:
    """The same by a Gauss-Seidel auction, on the CPU: each bid sees the prices of the last."""
    price, n, bids = rows.price, len(rows.price), 0
    owner, waiting = [-1] * n, list(range(n))
    while waiting:
        bids = _counted(bids + 1, n)
        row = waiting.pop()
        column, first, second = rows.cheapest_two(row)
        price[column] += second - first + eps
        if owner[column] >= 0:
            waiting.append(owner[column])
        owner[column] = row
    return torch.tensor(owner)


def _counted(bids: int, n: int) -> int:
    if bids > BIDS * n:
        raise ValueError(
            f"The auction did not end within {BIDS:,} bids a row; use another solver, such as "
            "'scipy'."
        )
    return bids
