"""All of Delta_E against plain libraries, on the same samples in one run."""

import multiprocessing
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from dmdrepro.bench.kernels import Row
from dmdrepro.bench.timing import in_turns
from dmdrepro.checkout import importable
from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.metrics.assignment import sqdist_matrix
from dmdrepro.metrics.auction import auction

POT = "POT emd2 (matrix, E_OT alone)"
NOISE = {"near copies": 0.05, "half copies": 0.7}  # beside the teacher; else the student is noise
CASES = (
    (1000, 1024, "near copies"),
    (1000, 1024, "half copies"),
    (1000, 1024, "independent"),
    (1000, 4, "independent"),
    (3000, 1024, "near copies"),
    (3000, 4, "half copies"),
)
QUICK = 100  # points
REPEATS = {1000: 9, 3000: 3}
AT_ONCE = 10_000  # points of the two auctions on a GPU


def pairing_rows(device: torch.device, *, quick: bool) -> Iterator[Row]:
    """`pairing_inefficiency` of float32 samples against POT's distances and two exact solvers.

    Ours is everything: distances, optimum, certificate, null, doubts. Theirs is E_OT alone. Then
    ours beside a busy program against ours alone, and on a GPU the auction of all rows at once
    against the CPU's. Raises AssertionError if E_OT differs by more than float32 explains.
    """
    import ot

    for n, d, kind in CASES:
        n, repeats = (QUICK, 1) if quick else (n, REPEATS[n])
        x, y = samples(n, d, kind)
        ours = partial(pairing_inefficiency, *(torch.from_numpy(t).to(device) for t in (x, y)))
        for name, solver in {"POT": by_pot, "scipy": by_scipy}.items():
            theirs = lambda x=x, y=y, solver=solver: solver(ot.dist(x, y))  # noqa: E731
            if abs(theirs() / ours().e_ot - 1) > 1e-3:
                raise AssertionError(f"E_OT is {ours().e_ot}, by {name} {theirs()}")
            times = in_turns(ours, theirs, device, repeats)
            yield f"Delta_E, N = {n:,}, D = {d:,}, {kind}", times[0], name, times[1]
    yield busy_row(QUICK if quick else 1000, device)
    if device.type == "cuda":
        yield auction_row(QUICK if quick else AT_ONCE, device)


def samples(n: int, d: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Teacher and student [n, d] float32."""
    x, noise = np.random.default_rng(0).standard_normal((2, n, d)).astype(np.float32)
    return x, x + np.float32(NOISE[kind]) * noise if kind in NOISE else noise


def by_pot(cost: np.ndarray) -> float:
    """E_OT of squared distances [n, n], as POT's documentation computes it."""
    import ot

    weights = np.full(len(cost), 1 / len(cost))
    return float(ot.emd2(weights, weights, cost, numItermax=100_000_000))


def by_scipy(cost: np.ndarray) -> float:
    """The same by scipy's assignment."""
    return float(cost[linear_sum_assignment(cost)].mean())


def busy_row(n: int, device: torch.device) -> Row:
    """Near copies in R^1024 with a program beside us that computes on one thread, and without."""
    ours = partial(
        pairing_inefficiency, *(torch.from_numpy(t) for t in samples(n, 1024, "near copies"))
    )
    alone = in_turns(ours, ours, device, REPEATS[1000])[0]
    other = multiprocessing.get_context("spawn").Process(target=_busy, daemon=True)
    with importable():
        other.start()
    try:
        beside = in_turns(ours, ours, device, REPEATS[1000])[0]
    finally:
        other.kill()
        other.join()
    return f"Delta_E, N = {n:,}, D = 1,024, near copies, a busy program", beside, "alone", alone


def _busy() -> None:
    while True:
        pass


def auction_row(n: int, device: torch.device) -> Row:
    """Of n independent normal samples in R^4. Raises AssertionError if two costs differ."""
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
