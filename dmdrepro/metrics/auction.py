"""The optimal assignment by an auction with falling eps, made exact by cancelling cycles.

Bertsekas (1988): a row without a column bids for its cheapest one, C_ij + p_j, and raises its price
p_j by what the next cheapest costs more, plus eps; whoever held it is without. When nobody is, the
assignment costs at most N eps more than the optimum. The prices are kept and eps falls.
"""

from __future__ import annotations

import numpy as np
import torch

from dmdrepro.metrics.potentials import find_potentials
from kernels import cheapest_two

# Of the mean cost less the mean cheapest cost. Larger last: fewer bids, more cycles to cancel.
FIRST_EPS = 0.1
LAST_EPS = 1e-6
SHRINK = 5.0
# Of the largest cost: below it eps would be lost in adding it to a price.
LEAST_EPS = 2.0**-40
REPAIRS = 1000
BIDS = 10_000  # times N: a phase has some tens


def auction(cost: torch.Tensor, *, at_once: bool | None = None) -> torch.Tensor:
    """[N] int64: the column of each row in an assignment of least cost; `cost` [N, N] float64 >= 0.

    `at_once`: all waiting rows bid in one step (by default on a GPU) or one after the other (by
    default on a CPU, where a bid costs less than a step's overhead). No float64 price resolves
    differences far below the largest cost, so what the last eps leaves is mended exactly: negative
    cycles of the residual graph are cancelled until there is none. Reproducible. Raises ValueError
    where prices no longer rise.
    """
    every = torch.arange(len(cost), device=cost.device)
    if len(cost) == 1 or find_potentials(cost, every).cycles is None:
        return every  # a copying or a constant student; equal costs would make long price wars
    at_once = cost.is_cuda if at_once is None else at_once
    bid = _bid_at_once if at_once else _bid_in_turn
    price = cost.new_zeros(len(cost))
    spread = float(cost.mean() - cheapest_two(cost, price, every).value[:, 0].mean())
    least = LEAST_EPS * float(cost.max())
    eps, last = (max(share * spread, least) for share in (FIRST_EPS, LAST_EPS))
    owner = bid(cost, price, eps)
    while eps > last:
        eps = max(eps / SHRINK, last)
        owner = bid(cost, price, eps)
    columns = torch.empty_like(owner)
    columns[owner] = every
    for _ in range(REPAIRS):
        cycles = find_potentials(cost, columns).cycles
        if cycles is None:
            break
        columns = cycles
    return columns


def _bid_at_once(cost: torch.Tensor, price: torch.Tensor, eps: float) -> torch.Tensor:
    """[N] owner of each column by a Jacobi auction; raises `price` in place."""
    n, bids = len(cost), 0
    owner = torch.full((n,), -1, dtype=torch.int64, device=cost.device)
    waiting = torch.arange(n, device=cost.device)
    while len(waiting) > 0:
        bids = _counted(bids + len(waiting), n)
        found = cheapest_two(cost, price, waiting)
        column, (first, second) = found.column, found.value.unbind(1)
        offer = price[column] + (second - first + eps)
        price.scatter_reduce_(0, column, offer, "amax")
        # The highest offer wins, of equal ones the lowest row: the same on every device.
        rows, columns = (t[offer == price[column]] for t in (waiting, column))
        before = owner[columns]
        owner[columns] = n
        owner.scatter_reduce_(0, columns, rows, "amin")
        left = before[(owner[columns] == rows) & (before >= 0)]
        waiting = torch.cat([waiting[owner[column] != waiting], left])
    return owner


def _bid_in_turn(cost: torch.Tensor, price: torch.Tensor, eps: float) -> torch.Tensor:
    """The same by a Gauss-Seidel auction, on the CPU: each bid sees the prices of the last."""
    c, p = cost.numpy(), price.numpy()
    n, bids = len(c), 0
    owner, waiting = [-1] * n, list(range(n))
    total = np.empty(n)
    while waiting:
        bids = _counted(bids + 1, n)
        row = waiting.pop()
        np.add(c[row], p, out=total)
        column = int(total.argmin())
        first = total[column]
        total[column] = np.inf
        p[column] += total.min() - first + eps
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
