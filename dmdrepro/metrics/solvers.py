"""Who finds the optimal assignment: each solver by its name, and which one `auto` takes."""

from __future__ import annotations

import difflib
from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from dmdrepro.metrics.auction import auction
from dmdrepro.metrics.memory import check_memory

# On one core independent pairs took scipy and lapx the same at 500 (docs/performance.md).
LAPX_FROM = 500
AUCTION_FROM = 2000  # on a GPU; below it the launches cost more than a CPU's whole solution


def _scipy(cost: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(linear_sum_assignment(_on_cpu(cost))[1].astype(np.int64))


def _lapx(cost: torch.Tensor) -> torch.Tensor:
    if not lapx_installed():
        raise ValueError("Solver 'lapx' is not installed: pip install lapx, or dmdrepro[fast].")
    import lap

    return torch.from_numpy(lap.lapjvh(_on_cpu(cost), return_cost=False)[1].astype(np.int64))


def _on_cpu(cost: torch.Tensor) -> np.ndarray:
    if cost.is_cuda:
        cpu = torch.device("cpu")
        check_memory(cost.nbytes, cpu, f"A copy of the {len(cost):,} x {len(cost):,} matrix")
    return cost.cpu().numpy()


# Each: float64 costs [N, N], finite and >= 0, on any device -> the column of each row [N] int64.
SOLVERS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "scipy": _scipy,  # shortest augmenting paths (Crouse 2016)
    "lapx": _lapx,  # the same after Jonker and Volgenant's reductions (1987); optional
    "auction": auction,  # ours; runs where the costs are
}
NAMES = ("auto", *SOLVERS)


def lapx_installed() -> bool:
    """lapx is imported as `lap`, a name that an older package without `lapjvh` has too."""
    try:
        import lap
    except ImportError:
        return False
    return hasattr(lap, "lapjvh")


def choose_solver(solver: str, n: int, device: torch.device) -> str:
    """The solver that runs for `solver` with n points on `device`: `auto` becomes a name.

    Raises ValueError, with the nearest name, for one that does not exist.
    """
    if solver not in NAMES:
        near = difflib.get_close_matches(solver, NAMES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(NAMES)}."
        raise ValueError(f"There is no solver {solver!r}; {hint}")
    if solver != "auto":
        return solver
    if device.type == "cuda" and n >= AUCTION_FROM:
        return "auction"
    return "lapx" if n >= LAPX_FROM and lapx_installed() else "scipy"
