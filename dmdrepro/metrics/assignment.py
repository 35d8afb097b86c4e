"""The exact optimal pairing of two equally large sets of samples (equation 4), certified."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from dmdrepro.metrics.auction import AT_ONCE_FROM, cancelled
from dmdrepro.metrics.bounded import LONG, BoundedCosts, TooCoarse
from dmdrepro.metrics.certificate import REPAIRS, Certificate, certify
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
    which is a permutation (Birkhoff). `solver`: "scipy", "lapx", "auction" or "auto". `auto` needs
    none if one coordinate alone matters ("sorting", exact by theorem), or if the nearest y of each
    x is its own ("nearest"; zero potentials prove it). Else it takes one by size. Each permutation
    is certified against squared distances that are right to 1e-10. `memory`: bytes, else what the
    system can give. The matrix takes 8 N^2; with less, the auction holds the rows that fit and
    makes the others again: the same bits, later. `own`: each |x_i - y_i|^2 [N], if known. `say` is
    told the way before the work, `watch` the progress several times a second (not within scipy
    and lapx); it may raise to stop. Raises ValueError for an unknown or absent solver, distances
    that overflow float64, too little memory, and a permutation that is not proven optimal.
    """
    watch, say = watch or nobody, say or (lambda words: None)
    if solver != "auction" and len(x) < AT_ONCE_FROM:  # a CPU solves it, by fewer distances
        x, y = x.cpu(), y.cpu()
    a, b = as_array(x), as_array(y)
    own = sqdists(a, b) if own is None else own
    costs = certificate = None
    if solver == "auto" and (found := sorted_pairing(x, y)) is not None:
        say(
            "One coordinate alone matters: the optimal pairing is the sorted one. No distance held."
        )
        name = SORTING
    elif solver == "auto" and x.device.type == "cpu" and own_is_nearest(a, b, own, watch):
        say("Each sample is nearest to its own partner, so no other pairing is cheaper.")
        return Optimum(float(own.mean()), 0.0, 0, NEAREST, np.arange(len(x)), own)
    else:
        costs, found, name, certificate = _certified(x, y, solver, memory, say, watch)
    gap, passes = (certificate.gap, certificate.passes) if certificate else (0.0, 0)
    columns = found.cpu().numpy()
    best = sqdists(a, b[columns])
    e_ot, given = float(best.mean()), float(own.mean())
    # The given pairing is a coupling too, so E_OT <= E_DT holds to the last bit. A saving by near
    # neighbours may be lost in the sum's rounding; it is a saving all the same.
    if given <= e_ot:
        e_ot = given
        moved = 0 if certificate is None else remapped_share(x, y, columns, own, best)
        if moved == 0 and (certificate or in_order(x, y)):
            columns, best = np.arange(len(x)), own
            if certificate:
                gap = certificate.gap_of(costs, torch.arange(len(x), device=costs.device), name)
    return Optimum(e_ot, gap, passes, name, columns, best)


def _certified(
    x: torch.Tensor,
    y: torch.Tensor,
    solver: str,
    memory: int | None,
    say: Callable[[str], None],
    watch: Watch,
) -> tuple[Costs, torch.Tensor, str, Certificate]:
    """(costs, the optimal permutation, who found it, the proof)."""
    plan = plan_costs(
        *x.shape,
        x.device,
        matrix=choose_solver(solver, len(x), whole=False) in NEED_MATRIX,
        memory=memory,
    )
    name = choose_solver(solver, len(x), whole=plan.whole)
    say(plan.sentence())
    bounded = solver == "auto" and x.device.type == "cpu" and x.shape[1] >= LONG
    x, y = x.to(plan.device), y.to(plan.device)
    if bounded and name in NEED_MATRIX:
        with contextlib.suppress(TooCoarse):
            costs = BoundedCosts(as_array(x), as_array(y), watch)
            found = cancelled(costs, solve(costs, solver, name)[0], REPAIRS)[0]
            return costs, found, name, certify(costs, found, name)
    costs = Costs.of_points(x, y, plan.rows, watch)
    found = torch.arange(len(costs), device=costs.device)
    if solver == "auto" and costs.whole and torch.equal(costs.cheapest, found):
        name = NEAREST
    else:
        found, name = solve(costs, solver, name)
        found = found.to(costs.device)
    return costs, found, name, certify(costs, found, name)


def sqdist_matrix(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """[N, N] float64 squared distances of x, y [N, D]; ValueError on overflow or lack of memory."""
    plan = plan_costs(*x.shape, x.device, matrix=True)
    return Costs.of_points(x, y, plan.rows).held
