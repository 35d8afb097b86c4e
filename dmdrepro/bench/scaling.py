"""What Delta_E costs over N: ours with and without the matrix in memory, scipy, POT."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from dmdrepro.bench.pairing import POT, by_pot, by_scipy
from dmdrepro.measures.table import Table
from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.metrics.assignment import sqdist_matrix
from dmdrepro.metrics.memory_plan import least_memory, plan_costs
from dmdrepro.training.device import seconds

QUICK, SIZES, LARGE = (100,), (1000, 3000, 10_000), (20_000, 50_000)
DIMENSIONS = (4, 256)
# Points up to which the alternatives are asked, by dimension: minutes each beyond.
FEASIBLE = {4: 10_000, 256: 3000}

HELD, MADE = "ours, matrix held", "ours, no row held"
SCIPY = "scipy (matrix, E_OT alone)"


def scaling_rows(
    device: torch.device, *, quick: bool, large: bool, say: Callable[[str], None]
) -> Iterator[dict]:
    """{n, d, way, wall_s, cpu_s, e_ot}: independent pairs, each way once, after a small warm-up.

    Compare processor seconds on a busy machine; on a GPU they are the host's. Ours is all of
    Delta_E with its certificate; the matrix is held if the memory has room for it. R^4 up to
    N = 50,000 if `large`. Raises AssertionError if two ways disagree on E_OT.
    """
    for d in DIMENSIONS:
        for n in QUICK if quick else SIZES:
            yield from _measured(n, d, n <= FEASIBLE[d], device, say)
    for n in LARGE if large else ():
        yield from _measured(n, DIMENSIONS[0], False, device, say)


def _measured(
    n: int, d: int, alternatives: bool, device: torch.device, say: Callable[[str], None]
) -> Iterator[dict]:
    rng = np.random.default_rng(0)
    x, y = (torch.from_numpy(rng.standard_normal((n, d))).to(device) for _ in range(2))
    ways = {HELD: _ours} if plan_costs(n, d, device).whole else {}
    ways[MADE] = lambda x, y: _ours(x.cpu(), y.cpu(), least_memory(n, d))
    if alternatives:
        matrix = lambda x, y: sqdist_matrix(x, y).cpu().numpy()  # noqa: E731
        ways[SCIPY] = lambda x, y: by_scipy(matrix(x, y))
        ways[POT] = lambda x, y: by_pot(matrix(x, y))
    e_ot = []
    for way, call in ways.items():
        call(x[:50], y[:50])
        start = time.process_time()
        found: list[float] = []
        wall = seconds(lambda call=call, found=found: found.append(call(x, y)), device)
        cpu = time.process_time() - start
        e_ot += found
        say(f"Delta_E, N = {n:,}, D = {d}, {way}: {cpu:.3g} processor seconds")
        yield {"n": n, "d": d, "way": way, "wall_s": wall, "cpu_s": cpu, "e_ot": found[0]}
    if max(e_ot) - min(e_ot) > 1e-9 * max(e_ot):
        raise AssertionError(f"The ways disagree on E_OT at N = {n}, D = {d}: {e_ot}")


def _ours(x: torch.Tensor, y: torch.Tensor, memory: int | None = None) -> float:
    return pairing_inefficiency(x, y, memory=memory).e_ot


def scaling_table(record: dict) -> Table:
    names = ("n", "d", "way", "cpu_s", "wall_s")
    rows = tuple(tuple(row[name] for name in names) for row in record["scaling"])
    return Table("over_n", "Delta_E over N", ("N", "D", "way", "processor s", "wall s"), rows)
