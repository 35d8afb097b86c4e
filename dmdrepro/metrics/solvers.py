"""Who finds the optimal assignment: each solver by its name, and which one `auto` takes."""

import difflib
from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from dmdrepro.metrics.auction import CYCLES, Unfinished, auction, cancelled
from dmdrepro.metrics.costs import Costs
from dmdrepro.metrics.interruptible import interruptible
from dmdrepro.metrics.memory import cpu_copy
from dmdrepro.metrics.watch import News

# Measured on one core (docs/performance.md): lapx takes a third of scipy's time from here on, ...
LAPX_FROM = 500
# ... and the auction a fifth of either's on students that half copy, and as much as lapx on others.
AUCTION_FROM = 2000
# Most rows have two equally cheap columns: below this many points the others take a third.
TIED, TIED_BELOW = 0.5, 5000
# Times N^1.5: bids after which `auto` gives the auction up. Points along a line take four fifths
# (scipy takes ten times as long there); if a few points lie far from all others, it is endless.
# All rows at once make up to 1.5 times the bids of one after the other.
PATIENCE = 5


def _scipy(costs: Costs) -> torch.Tensor:
    return _by_matrix(costs, "scipy", lambda matrix: linear_sum_assignment(matrix)[1])


def _lapx(costs: Costs) -> torch.Tensor:
    if not lapx_installed():
        raise ValueError("Solver 'lapx' is not installed: pip install lapx, or dmdrepro[fast].")
    import lap

    return _by_matrix(costs, "lapx", lambda matrix: lap.lapjvh(matrix, return_cost=False)[1])


def _by_matrix(
    costs: Costs, name: str, columns_of: Callable[[np.ndarray], np.ndarray]
) -> torch.Tensor:
    """[N] by a solver of a whole matrix: of balanced costs, if these have the same optimum."""
    costs.watch(News(f"solver {name}, which shows no progress, on {len(costs):,} points"))
    matrix = cpu_copy(costs.matrix(f"Solver {name!r}")).numpy()

    def solved(matrix: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(interruptible(lambda: columns_of(matrix)).astype(np.int64))

    if (balanced := costs.balanced()) is not None:
        # The certificate asks for the same potentials, which are remembered.
        columns, optimal = cancelled(costs, solved(balanced), CYCLES)
        if optimal:
            return columns
    return solved(matrix)


# Each: finite costs >= 0 on any device -> the column of each row [N] int64.
SOLVERS: dict[str, Callable[[Costs], torch.Tensor]] = {
    "scipy": _scipy,  # shortest augmenting paths (Crouse 2016)
    "lapx": _lapx,  # the same after Jonker and Volgenant's reductions (1987); optional
    "auction": auction,  # ours
}
NEED_MATRIX = ("scipy", "lapx")
NAMES = ("auto", *SOLVERS)
# What `auto` needs no solver for (metrics/assignment.py); they cannot be asked for by name.
SORTING, NEAREST = "sorting", "nearest"


def solve(costs: Costs, solver: str, name: str) -> tuple[torch.Tensor, str]:
    """(columns [N], who found them); `auto` gives ties and long price wars to other solvers."""
    n = len(costs)
    if solver != "auto" or name != "auction" or not costs.whole:
        return SOLVERS[name](costs), name
    other = "lapx" if lapx_installed() else "scipy"
    if n < TIED_BELOW and _tied(costs) > TIED:
        return SOLVERS[other](costs), other
    try:
        return auction(costs, most_bids=int(PATIENCE * n**1.5)), name
    except Unfinished:
        return SOLVERS[other](costs), other


def _tied(costs: Costs) -> float:
    """Share of the rows whose two cheapest columns cost the same."""
    first, second = costs.nearest_cost.topk(2, dim=1, largest=False).values.T
    return float((first == second).double().mean())


def lapx_installed() -> bool:
    """lapx is imported as `lap`, a name that an older package without `lapjvh` has too."""
    try:
        import lap
    except ImportError:
        return False
    return hasattr(lap, "lapjvh")


def choose_solver(solver: str, n: int, *, whole: bool = True) -> str:
    """The solver that runs for `solver` with n points: `auto` becomes a name.

    `whole`: the matrix is in memory; only the auction does without. Raises ValueError, with the
    nearest name, for an unknown one.
    """
    if solver not in NAMES:
        near = difflib.get_close_matches(solver, NAMES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(NAMES)}."
        raise ValueError(f"There is no solver {solver!r}; {hint}")
    if solver != "auto":
        return solver
    if n >= AUCTION_FROM or not whole:
        return "auction"
    return "lapx" if n >= LAPX_FROM and lapx_installed() else "scipy"
