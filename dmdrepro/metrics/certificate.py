"""A proof that no pairing is cheaper, from the pairing alone."""

import math
from dataclasses import dataclass

import torch

from dmdrepro.metrics.costs import Costs, as_costs
from dmdrepro.metrics.potentials import find_potentials

# What `pairwise_sqdist` promises of an entry: beyond it the matrix itself says nothing.
TOLERANCE = 1e-10
REPAIRS = 100  # of cycles below the tolerance


@dataclass(frozen=True)
class Certificate:
    """`gap` >= 0: (primal - dual) / primal. No permutation costs less than (1 - gap) primal."""

    gap: float
    passes: int  # of Bellman-Ford
    price: torch.Tensor  # [N] float64: v = -price
    least: torch.Tensor  # [N] float64: u_i = min_j(C_ij - v_j)

    def gap_of(self, cost: Costs | torch.Tensor, assignment: torch.Tensor, solver: str) -> float:
        """The gap of another assignment by the same potentials; raises ValueError as `certify`."""
        own = as_costs(cost).entries(assignment)
        return _proven_gap(own, own + self.price[assignment] - self.least, solver)


def certify(cost: Costs | torch.Tensor, assignment: torch.Tensor, solver: str) -> Certificate:
    """Prove that `assignment` [N] int64 (column of each row) is optimal for `cost` [N, N] float64.

    Weak duality: for any v, with u_i = min_j(C_ij - v_j), every permutation costs at least
    sum u + sum v. v comes from `assignment` by Bellman-Ford alone, whoever found it. The gap is
    summed from each row's C_i,sigma(i) - u_i - v_sigma(i) >= 0, never as a difference of two sums,
    and is relative to sum |C_i,sigma(i)|, so near-copies at 1e-24 of the other costs are held to
    their own scale. It is exactly 0 if every row has its cheapest column. Values must be finite.
    `solver` is named in the errors.

    Raises ValueError if `assignment` is not a permutation, or not proven optimal to `TOLERANCE`.
    """
    n = len(cost)
    if cost.shape != (n, n) or cost.dtype != torch.float64 or assignment.shape != (n,):
        raise ValueError(
            f"A certificate needs float64 costs [N, N] and N columns; they are {cost.dtype} "
            f"{tuple(cost.shape)} and {tuple(assignment.shape)}."
        )
    inside = bool(((assignment >= 0) & (assignment < n)).all())
    if not inside or len(torch.unique(assignment)) < n:
        raise ValueError(f"Solver {solver!r} returned an assignment that is not a permutation.")
    costs = as_costs(cost)
    own = costs.entries(assignment)
    least_known = assignment
    for _ in range(REPAIRS):
        found = find_potentials(costs, least_known)
        if found.cycles is None:
            gap = _proven_gap(own, own + found.price[assignment] - found.least, solver)
            return Certificate(gap, found.passes, found.price, found.least)
        # A solver's own rounding may leave cheaper cycles far below the tolerance: the bound of
        # the permutation without them holds for every other.
        least_known = found.cycles
        gain = float((own - costs.entries(least_known)).sum())
        if not gain <= TOLERANCE * float(own.abs().sum()):
            break
    raise ValueError(
        f"The assignment of solver {solver!r} is not optimal: re-pairing "
        f"{int((least_known != assignment).sum())} of its {n} rows makes the sum of costs "
        f"{gain:.3g} smaller."
    )


def _proven_gap(own: torch.Tensor, excess: torch.Tensor, solver: str) -> float:
    """Sum of each row's excess over its dual bound [N], relative to the sum of |costs| [N]."""
    total, primal = float(excess.clamp_min(0).sum()), float(own.abs().sum())
    gap = 0.0 if total == 0 else total / primal if primal > 0 else math.inf
    if not gap <= TOLERANCE:
        raise ValueError(
            f"The assignment of solver {solver!r} is not proven optimal: its relative duality gap "
            f"{gap:.3g} is above {TOLERANCE:g}."
        )
    return gap
