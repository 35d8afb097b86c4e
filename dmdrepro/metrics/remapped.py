"""How many of the teacher's samples an optimal pairing gives another student's sample."""

import functools
import math

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dmdrepro.metrics.moments import ENDS, as_array

# Of the last digit of the samples: what a cycle may save by rounding alone, of them and of the sum.
PLAIN = 1e-9  # of a cycle's cost: to save more, and much more than rounding, is no tie
DIGITS = 4 * 2.0**-53


def remapped_share(
    x: torch.Tensor, y: torch.Tensor, assignment: np.ndarray, own: np.ndarray, best: np.ndarray
) -> float:
    """Share of the rows whose partner under the optimal `assignment` [N] is not their own.

    `x`, `y`: [N, D]; `own`, `best`: [N] each row's squared distance to its own partner and to that
    of the assignment. Only what a move saves counts: the assignment is taken apart into its cycles,
    and a cycle that costs as much as its rows' own pairing is a tie, of which both are optima. Each
    is compared with its own rows, never with the whole set: near neighbours that change places
    save little of the total and yet have moved. To get an equal sample is no move.

    What a cycle saves is 2 sum_i x_i . (y_s(i) - y_i), with x about one of its rows, so that a
    distance that all share cancels before it costs digits. A tie saves no more than a few units in
    the last place of the samples would; to save half or more of the cost is none.
    """
    changed = np.flatnonzero(assignment != np.arange(len(assignment)))
    if len(changed) == 0:
        return 0.0
    graph = coo_array(
        (np.ones(len(changed), dtype=bool), (changed, assignment[changed])),
        shape=(len(assignment), len(assignment)),
    )
    number = connected_components(graph, directed=False)[1][changed]
    cycle, partners = np.unique(number, return_inverse=True)[1], assignment[changed]
    # In numpy, on one thread: beside a busy program torch's wait for each other at every operation.
    x, y = as_array(x), as_array(y)
    cost, best = own[changed], best[changed]
    # The length of no sample is above this, nor the length of a step above sqrt(cost) + sqrt(best).
    length = math.sqrt(x.shape[1]) * max(float(abs(end(rows))) for rows in (x, y) for end in ENDS)
    limit = 16 * DIGITS * length * (np.sqrt(cost) + np.sqrt(best)) + PLAIN * cost
    clear = np.bincount(cycle, weights=cost - best - limit)[cycle] > 0
    equal = clear & (cost == best)  # perhaps a step to an equal sample
    moved = np.count_nonzero(clear)
    moved -= int((y[changed[equal]] == y[partners[equal]]).all(1).sum())
    if not clear.all():
        moved += _moved(x, y, changed[~clear], assignment, number[~clear])
    return moved / len(assignment)


def _moved(
    x: np.ndarray, y: np.ndarray, changed: np.ndarray, assignment: np.ndarray, number: np.ndarray
) -> int:
    """How many of the rows `changed` of whole cycles, of the given numbers, have moved."""
    first, cycle = np.unique(number, return_index=True, return_inverse=True)[1:]
    x, y = x.astype(np.float64), y.astype(np.float64)
    partners, start = assignment[changed], changed[first][cycle]
    own, other, at, next_at = y[changed], y[partners], x[changed], x[partners]
    step = other - own
    saved = 2 * ((at - x[start]) * step).sum(1)
    length = functools.partial(np.linalg.norm, axis=1)
    rounding = length(at) * length(step) + length(other) * length(at - next_at)
    cost, best = ((at - own) ** 2).sum(1), ((at - other) ** 2).sum(1)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(cycle, weights=values)

    tie = (total(saved) <= 2 * DIGITS * total(rounding)) & (2 * total(best) > total(cost))
    moved = (step != 0).any(1) & ~tie[cycle]
    return int(moved.sum())
