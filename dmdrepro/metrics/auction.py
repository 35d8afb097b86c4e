"""The optimal assignment by an auction with falling eps, made exact by cancelling cycles.

Bertsekas (1988): a row without a column bids for its cheapest one, C_ij + p_j, and raises its price
p_j by what the next cheapest costs more, plus eps; whoever held it is without. When nobody is, the
assignment costs at most N eps more than the optimum. The prices are kept and eps falls.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from dmdrepro.kernels import Bidding, auction_rounds, backend
from dmdrepro.metrics.bids import Shortlists, WholeRows, bidder
from dmdrepro.metrics.costs import Costs, as_costs
from dmdrepro.metrics.potentials import Lists, cheapest_under, find_potentials
from dmdrepro.metrics.watch import News, Watch

# Of the mean cost less the mean cheapest cost: where eps begins, and from where on an assignment
# that is not optimal is mended.
FIRST_EPS, LAST_EPS = 0.1, 1e-6
SHRINK = 5.0  # of eps from phase to phase
BETWEEN_LOOKS = 3  # phases; tied costs may be optimal at the first
LEAST_EPS = 2.0**-48  # of the largest cost and price: less would be lost in adding it to a price
CYCLES = 16  # times that cycles are cancelled at one look; more often means that eps is too large
LAST_CYCLES = 1000  # the same at the least eps
FEW = 16  # a share 1 / FEW of the points that change places at once is not few
# On a GPU all rows bid at once from here on. Modelled, not measured: 6 N rounds of 8 microseconds
# (three launches) and 1 for each 2,048 columns, against 35 N bids of N reads each on a CPU.
AT_ONCE_FROM = 10_000
ROUNDS = 64  # between two looks of the host at whether somebody is waiting
BIDS = 10_000  # times N: a phase has some tens
TOLD_EVERY = 1000  # bids: some ten milliseconds
PHASES = 9  # after which most assignments are optimal or soon mended


class Unfinished(ValueError):
    """The bidding did not end within the bids that it was given."""


def auction(
    cost: Costs | torch.Tensor, *, at_once: bool | None = None, most_bids: int | None = None
) -> torch.Tensor:
    """[N] int64: the column of each row in an assignment of least cost; `cost` [N, N] float64 >= 0.

    `at_once`: all waiting rows bid in one step, where the costs are (the default on a GPU from
    `AT_ONCE_FROM` rows on), else one after the other on the CPU. eps falls until the assignment has
    dual potentials, which makes it optimal. No float64 price resolves differences far below the
    largest cost; what the least eps leaves is mended by cancelling negative cycles, which needs no
    prices. Reproducible. Raises Unfinished, a ValueError, after `most_bids` in all, or `BIDS` times
    N in one phase.
    """
    costs, n = as_costs(cost), len(cost)
    if at_once is None:
        at_once = costs.device.type == "cuda" and n >= AT_ONCE_FROM
    if not at_once:
        costs = costs.on_cpu()
    every = torch.arange(n, device=costs.device)
    # No auction for a copying or a constant student, or if few points change places: equal costs
    # would make long price wars.
    columns, optimal = cancelled(costs, every, CYCLES, moved=n // FEW)
    if n == 1 or optimal:
        return columns
    price = torch.zeros(n, dtype=torch.float64, device=costs.device)
    told = _Told(costs.watch, n, math.inf if most_bids is None else most_bids)
    if at_once:
        bid = AllAtOnce(costs.matrix("An auction of all rows at once"), price, told)
    else:
        bid = InTurn(bidder(costs, price.numpy()), told)
    spread = costs.mean - costs.mean_cheapest
    eps = FIRST_EPS * spread
    while True:
        floor = LEAST_EPS * (costs.largest + float(price.max()))
        last, eps = eps <= floor, max(eps, floor)
        told.begin()
        owner = bid(eps)
        if last or told.phase % BETWEEN_LOOKS == 0:
            columns = torch.empty_like(owner)
            columns[owner] = every
            mend = last or eps <= LAST_EPS * spread
            most = LAST_CYCLES if last else CYCLES if mend else 1
            also = cheapest_under(costs, price) if mend else None
            columns, optimal = cancelled(costs, columns, most, also)
            if optimal or last:
                return columns  # the certificate has the last word
        eps /= SHRINK


def cancelled(
    costs: Costs,
    columns: torch.Tensor,
    most: int,
    also: Lists | None = None,
    moved: int | None = None,
) -> tuple[torch.Tensor, bool]:
    """(the permutation after at most `most` rounds of cheaper cycles, whether none is left).

    `also`: as of `find_potentials`. Gives up if more than `moved` rows are on cycles at once. Needs
    no prices, so it is exact at any scale of the costs, and slow from far away.
    """
    for _ in range(most):
        cycles = find_potentials(costs, columns, also).cycles
        if cycles is None:
            return columns, True
        if moved is not None and int((cycles != columns).sum()) > moved:
            break
        columns = cycles
    return columns, False


class AllAtOnce:
    """A Jacobi auction: every waiting row bids at the same prices [N], which it raises in place."""

    def __init__(self, cost: torch.Tensor, price: torch.Tensor, told: _Told) -> None:
        self._cost, self._bidding, self._told = cost, Bidding.over(price), told
        self._rounds = _repeatable(self._some_rounds, cost.device)

    def __call__(self, eps: float) -> torch.Tensor:
        """[N] the row that holds each column, when every row holds one."""
        self._bidding.begin(eps)
        left, made = len(self._bidding.owner), 0
        while left:
            self._rounds()
            before, (left, made) = made, self._bidding.progress()
            if made == before:
                raise RuntimeError("The auction's rounds were not executed; use solver 'scipy'.")
            self._told(left, made)
        return self._bidding.owner.clone()

    def _some_rounds(self) -> None:
        auction_rounds(self._cost, self._bidding, ROUNDS)


def _repeatable(work: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """`work`, as one CUDA graph if kernels run on a GPU; called twice first, with nothing to do."""
    work()
    if device.type != "cuda" or backend(device) != "triton":
        return work
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=torch.cuda.Stream(device)):
        work()
    return graph.replay


class InTurn:
    """The same by a Gauss-Seidel auction, on the CPU: each bid sees the prices of the last."""

    def __init__(self, rows: WholeRows | Shortlists, told: _Told) -> None:
        self._rows, self._told = rows, told

    def __call__(self, eps: float) -> torch.Tensor:
        """As of `AllAtOnce`."""
        rows, price = self._rows, self._rows.price
        n, bids, next_look = len(price), 0, min(TOLD_EVERY, BIDS * len(price) + 1)
        owner, waiting = [-1] * n, list(range(n))
        while waiting:
            bids += 1
            if bids == next_look:
                next_look = min(bids + TOLD_EVERY, BIDS * n + 1)
                self._told(len(waiting), bids)
            row = waiting.pop()
            column, first, second = rows.cheapest_two(row)
            price[column] += second - first + eps
            if owner[column] >= 0:
                waiting.append(owner[column])
            owner[column] = row
        self._told.bids = bids
        return torch.tensor(owner)


class _Told:
    """Counts phases and bids, tells them, and ends a bidding that takes too many."""

    def __init__(self, watch: Watch, n: int, most: float) -> None:
        self._watch, self._n, self._most = watch, n, most
        self.phase = self.bids = self._before = 0

    def begin(self) -> None:
        """A phase."""
        self.phase, self._before, self.bids = self.phase + 1, self._before + self.bids, 0

    def __call__(self, left: int, bids: int) -> None:
        """`left` rows wait after so many bids of this phase; raises Unfinished."""
        if bids > BIDS * self._n:
            raise Unfinished(
                f"The auction did not end within {BIDS:,} bids a row; use another solver, such as "
                "'scipy'."
            )
        self.bids, assigned = bids, 1 - left / self._n
        phase, share = f"phase {self.phase}", None
        if self.phase <= PHASES:
            phase += f" of about {PHASES}"
            share = (self.phase - 1 + assigned) / PHASES
        total = self._before + bids
        words = f"auction, {phase}, {assigned:.0%} of the points paired, {total:,} bids"
        self._watch(News(words, share))
        if total > self._most:
            raise Unfinished("The auction takes long.")
