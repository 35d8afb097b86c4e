"""Who finds the optimal assignment: each solver by its name, and which one `auto` takes."""

from __future__ import annotations

import difflib
from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from dmdrepro.metrics.auction import auction
from dmdrepro.metrics.costs import Costs
from dmdrepro.metrics.interruptible import interruptible
from dmdrepro.metrics.memory import cpu_copy
from dmdrepro.metrics.watch import News

# Measured on one core (docs/performance.md): lapx takes a third of scipy's time from here on, ...
LAPX_FROM = 500
# ... and the auction a fifth of either's on students that half copy, and as much as lapx on others
# (more where most costs are tied).
AUCTION_FROM = 2000


def _scipy(costs: Costs) -> torch.Tensor:
    matrix = _matrix(costs, "scipy")
    columns = interruptible(lambda: linear_sum_assignment(matrix)[1])
    return torch.from_numpy(columns.astype(np.int64))


def _lapx(costs: Costs) -> torch.Tensor:
    if not lapx_installed():
        raise ValueError("Solver 'lapx' is not installed: pip install lapx, or dmdrepro[fast].")
    import lap

    matrix = _matrix(costs, "lapx")
    columns = interruptible(lambda: lap.lapjvh(matrix, return_cost=False)[1])
    return torch.from_numpy(columns.astype(np.int64))


def _matrix(costs: Costs, name: str) -> np.ndarray:
    costs.watch(News(f"solver {name}, which shows no progress, on {len(costs):,} points"))
    return cpu_copy(costs.matrix(f"Solver {name!r}")).numpy()


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


def lapx_installed() -> bool:
    """lapx is imported as `lap`, a name that an older package without `lapjvh` has too."""
    try:
        import lap
    except ImportError:
        return False
    return hasattr(lap, "lapjvh")


def choose_solver(solver: str, n: int, *, whole: bool = True) -> str:
    """The solver that runs for `solver` with n points: `auto` becomes a name.

    `whole`: the matrix of costs is in memory; only the auction does without.

    Raises ValueError, with the nearest name, for one that does not exist.
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
