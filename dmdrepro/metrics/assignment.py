"""The exact optimal pairing of two equally large sets of samples (equation 4), certified."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from dmdrepro.metrics.certificate import certify
from dmdrepro.metrics.memory import check_memory
from dmdrepro.metrics.solvers import SOLVERS, choose_solver
from kernels import pairwise_sqdist

BLOCK = 1 << 22  # distances computed at once
WORKING = 40  # bytes for each of those: `pairwise_sqdist` holds some five float64 values


@dataclass(frozen=True)
class Optimum:
    """A pairing that no other undercuts, and the proof's numbers."""

    e_ot: float  # mean squared distance under it
    gap: float  # (primal - dual) / primal of the certificate
    passes: int  # of the certificate
    solver: str  # that found it
    assignment: np.ndarray = field(repr=False, compare=False)  # [N] int64: y paired with each x


def mean_sqdist(x: torch.Tensor, y: torch.Tensor) -> float:
    """Mean over rows of |x_i - y_i|^2 from float64 differences; x, y [N, D]."""
    return float((x.double() - y.double()).square().sum(1).mean())


def optimal_assignment(x: torch.Tensor, y: torch.Tensor, solver: str = "auto") -> Optimum:
    """The cheapest pairing of rows of `x` with rows of `y`, both [N, D], proven to be one.

    E_OT is the mean squared distance under the optimal coupling of the two empirical measures,
    which is a permutation (Birkhoff). `solver`: "scipy", "lapx", "auction", or "auto", which takes
    one by size; whichever it is, its permutation is certified against the matrix of
    squared distances, whose entries are right to 1e-10 and need 8 N^2 bytes. Raises ValueError for
    an unknown or absent solver, squared distances that overflow float64, a matrix larger than the
    memory, and a permutation that is not proven optimal.
    """
    name = choose_solver(solver, len(x))
    cost = sqdist_matrix(x, y)
    found = SOLVERS[name](cost).to(cost.device)
    certificate = certify(cost, found, name)
    e_ot, gap = mean_sqdist(x, y[found]), certificate.gap
    # Among pairings of equal cost rounding decides. The given one is a coupling too, so that
    # E_OT <= E_DT holds to the last bit.
    given = mean_sqdist(x, y)
    if given <= e_ot:
        found, e_ot = torch.arange(len(x), device=cost.device), given
        gap = certificate.gap_of(cost, found, name)
    return Optimum(e_ot, gap, certificate.passes, name, found.cpu().numpy())


def sqdist_matrix(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """[N, N] float64 squared distances of x, y [N, D], in blocks of rows.

    Raises ValueError where they overflow, or where the matrix does not fit in the memory.
    """
    n = len(x)
    needed = 8 * n * n + WORKING * min(n * n, BLOCK)
    check_memory(needed, x.device, f"The matrix of {n:,} x {n:,} squared distances")
    cost = torch.empty((n, n), dtype=torch.float64, device=x.device)
    for rows in torch.arange(n, device=x.device).split(max(1, BLOCK // n)):
        block = pairwise_sqdist(x[rows], y)
        if not bool(block.isfinite().all()):
            raise ValueError("Squared distances overflow float64; scale both sets down alike.")
        cost[rows[0] : rows[-1] + 1] = block
    return cost
