"""The exact optimal pairing of two equally large sets of samples (equation 4), certified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from dmdrepro.metrics.auction import cancelled
from dmdrepro.metrics.bounded import LONG, BoundedCosts, TooCoarse
from dmdrepro.metrics.certificate import REPAIRS, certify
from dmdrepro.metrics.costs import Costs
from dmdrepro.metrics.memory_plan import plan_costs
from dmdrepro.metrics.moments import as_array, sqdists
from dmdrepro.metrics.on_a_line import in_order, sorted_pairing
from dmdrepro.metrics.own_nearest import own_is_nearest
from dmdrepro.metrics.remapped import remapped_share
from dmdrepro.metrics.solvers import NEAREST, NEED_MATRIX, SORTING, choose_solver, solve
from dmdrepro.metrics.watch import Watch, nobody


@dataclass(frozen=True)
class Optimum:
    """A pairing that no other undercuts, and the proof's numbers."""

    e_ot: float  # mean squared distance under it
    gap: float  # (primal - dual) / primal of the certificate
    passes: int  # of the certificate
    solver: str  # that found it
    assignment: np.ndarray = field(repr=False, compare=False)  # [N] int64: y paired with each x
    sqdist: np.ndarray = field(repr=False, compare=False)  # [N]: of each x to that y


def optimal_assignment(
    x: torch.Tensor,
    y: torch.Tensor,
    solver: str = "auto",
    *,
    own: np.ndarray | None = None,
    memory: int | None = None,
    say: Callable[[str], None] | None = None,
    watch: Watch | None = None,
) -> Optimum:
    """The cheapest pairing of rows of `x` with rows of `y`, both [N, D], proven to be one.

    E_OT is the mean squared distance under the optimal coupling of the two empirical measures,
    which is a permutation (Birkhoff). `solver`: "scipy", "lapx", "auction", or "auto", which takes
    one by size, or none: where one coordinate alone matters it sorts ("sorting", exact by theorem,
    without any distance), and where the nearest of each x is its own y that is it ("nearest";
    zero potentials prove it). An auction that takes long is left to scipy or lapx, if the matrix is
    in memory. Whichever it is, its permutation is certified against the squared distances, whose
    entries are right to 1e-10. The solvers take 8 N^2 bytes; where `memory` (bytes; what the system
    can give) is less, the auction runs with as many rows as fit and makes the others when it needs
    them: the same bits, later. `own`: each |x_i - y_i|^2 [N], if known. `say` is told which way is
    taken before the work, and `watch` how far it is, several times a second (not within scipy and
    lapx); it may raise to stop. Raises ValueError for an unknown or absent solver, squared
    distances that overflow float64, a memory in which not even that fits (or the matrix, for
    "scipy" and "lapx"), and a permutation that is not proven optimal.
    """
    watch = watch or nobody
    own = sqdists(as_array(x), as_array(y)) if own is None else own
    if solver == "auto" and (found := sorted_pairing(x, y)) is not None:
        return _in_order(x, y, found, own, say)
    on_cpu = solver == "auto" and x.device.type == "cpu"
    if on_cpu and own_is_nearest(as_array(x), as_array(y), own, watch):
        if say is not None:
            say("The nearest of each sample is its own partner: no other pairing is cheaper.")
        return Optimum(float(own.mean()), 0.0, 0, NEAREST, np.arange(len(x)), own)
    matrix = choose_solver(solver, len(x), whole=False) in NEED_MATRIX
    plan = plan_costs(*x.shape, x.device, matrix=matrix, memory=memory)
    name = choose_solver(solver, len(x), whole=plan.whole)
    if say is not None:
        say(plan.sentence())
    x, y = x.to(plan.device), y.to(plan.device)
    found = None
    if on_cpu and x.shape[1] >= LONG and name in NEED_MATRIX:
        try:
            costs = BoundedCosts(as_array(x), as_array(y), watch)
            found = cancelled(costs, solve(costs, solver, name)[0], REPAIRS)[0]
            certificate = certify(costs, found, name)
        except TooCoarse:
            found = None
    if found is None:
        costs = Costs.of_points(x, y, plan.rows, watch)
        found = own_nearest(costs) if solver == "auto" and costs.whole else None
        if found is None:
            found, name = solve(costs, solver, name)
            found = found.to(costs.device)
        else:
            name = NEAREST
        certificate = certify(costs, found, name)
    best = sqdists(as_array(x), as_array(y[found]))
    e_ot, gap = float(best.mean()), certificate.gap
    # Among pairings of equal cost rounding decides. The given one is a coupling too, so that
    # E_OT <= E_DT holds to the last bit. What is saved by near neighbours alone, and lost in the
    # sum's rounding, is saved all the same.
    given = float(own.mean())
    if given <= e_ot:
        e_ot = given
        if remapped_share(x, y, found.cpu().numpy(), own, best) == 0:
            found, best = torch.arange(len(x), device=costs.device), own
            gap = certificate.gap_of(costs, found, name)
    return Optimum(e_ot, gap, certificate.passes, name, found.cpu().numpy(), best)


def own_nearest(costs: Costs) -> torch.Tensor | None:
    """[N]: the pairing as given, if the cheapest column of every row is its own; otherwise None.

    Zero potentials prove it.
    """
    every = torch.arange(len(costs), device=costs.device)
    return every if torch.equal(costs.cheapest, every) else None


def _in_order(
    x: torch.Tensor,
    y: torch.Tensor,
    found: torch.Tensor,
    own: np.ndarray,
    say: Callable[[str], None] | None,
) -> Optimum:
    if say is not None:
        say(
            "One coordinate alone matters: the optimal pairing is the sorted one. No distance held."
        )
    best = sqdists(as_array(x), as_array(y[found]))
    e_ot, given = float(best.mean()), float(own.mean())
    if given <= e_ot:
        e_ot = given
        if in_order(x, y):
            found, best = torch.arange(len(x)), own
    return Optimum(e_ot, 0.0, 0, SORTING, found.cpu().numpy(), best)


def sqdist_matrix(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """[N, N] float64 squared distances of x, y [N, D], all in memory.

    Raises ValueError if they overflow, or if the matrix does not fit.
    """
    plan = plan_costs(*x.shape, x.device, matrix=True)
    return Costs.of_points(x, y, plan.rows).held
