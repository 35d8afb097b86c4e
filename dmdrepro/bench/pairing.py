"""Delta_E with each of its solvers against POT's exact one, on the same samples in one run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from dmdrepro.bench.kernels import Row
from dmdrepro.bench.timing import in_turns
from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.metrics.assignment import sqdist_matrix
from dmdrepro.metrics.auction import auction
from dmdrepro.metrics.solvers import SOLVERS, choose_solver, lapx_installed

POT = "POT emd2 (matrix, E_OT alone)"
QUICK = (100,)
SIZES = (1000, 3000)
REPEATED = 1000  # points up to which a call is timed three times
AT_ONCE = 10_000  # points of the two auctions on a GPU


def pairing_rows(device: torch.device, *, quick: bool) -> Iterator[Row]:
    """The default against POT and against each solver by name, over N.

    Independent pairs in R^4 and half copies, the hard cases for an assignment, and near-copies in
    R^1024, where the matrix is the work. Ours is everything: matrix, optimum, certificate, company.
    On a GPU also the auction alone, all rows at once against one after the other on the CPU.
    Raises AssertionError where two disagree on E_OT.
    """
    for n in QUICK if quick else SIZES:
        rng = np.random.default_rng(0)
        x, y = (torch.from_numpy(rng.standard_normal((n, 4))) for _ in range(2))
        cases = {"independent in R^4": (x, y)}
        if not quick:
            z, noise = (torch.from_numpy(rng.standard_normal((n, 1024))).float() for _ in range(2))
            cases["half copies in R^4"] = (x, x + 0.7 * y)
            cases["near-copies in R^1024"] = (z, z + 1e-4 * noise)
        for name, sets in cases.items():
            repeats = 1 if quick or n > REPEATED else 3
            yield from _rows(sets, f"N = {n:,}, {name}", device, repeats)
    if device.type == "cuda":
        yield auction_row(QUICK[0] if quick else AT_ONCE, device)


def auction_row(n: int, device: torch.device) -> Row:
    """Of n independent normal samples in R^4. Raises AssertionError where two costs differ."""
    rng = np.random.default_rng(0)
    x, y = (torch.from_numpy(rng.standard_normal((n, 4))).to(device) for _ in range(2))
    cost = sqdist_matrix(x, y)
    total: dict[bool, float] = {}

    def run(at_once: bool) -> None:
        columns = auction(cost, at_once=at_once).to(device)
        total[at_once] = float(cost.gather(1, columns[:, None]).sum())

    times = in_turns(lambda: run(True), lambda: run(False), device, repeats=1)
    if abs(total[True] - total[False]) > 1e-9 * total[False]:
        raise AssertionError(f"The auctions disagree on the least cost: {total}")
    return f"auction, N = {n:,}: all rows at once", times[0], "in turn, on the CPU", times[1]


def _rows(
    sets: tuple[torch.Tensor, torch.Tensor], what: str, device: torch.device, repeats: int
) -> Iterator[Row]:
    teacher, student = (t.to(device) for t in sets)
    e_ot: dict[str, float] = {}

    def ours(solver: str = "auto") -> None:
        e_ot[solver] = pairing_inefficiency(teacher, student, solver).e_ot

    def pot() -> None:
        e_ot["POT"] = by_pot(teacher, student)

    chosen = choose_solver("auto", len(teacher))
    others = [name for name in SOLVERS if name != "lapx" or lapx_installed()]
    calls = {POT: pot}
    calls |= {f"solver {name}": lambda name=name: ours(name) for name in others if name != chosen}
    for name, call in calls.items():
        our_s, their_s = in_turns(ours, call, device, repeats)
        yield f"Delta_E, {what} (auto: {chosen})", our_s, name, their_s
    if max(e_ot.values()) - min(e_ot.values()) > 1e-9 * max(e_ot.values()):
        raise AssertionError(f"The solvers disagree on E_OT: {e_ot}")


def by_pot(x: torch.Tensor, y: torch.Tensor) -> float:
    """E_OT by POT's exact solver."""
    import ot

    weights = np.full(len(x), 1 / len(x))
    cost = sqdist_matrix(x, y).cpu().numpy()
    return float(ot.emd2(weights, weights, cost, numItermax=100_000_000))
