"""Whether every x_i is nearest to its own y_i: then the pairing as given is an optimum.

No pairing can be cheaper than the sum of each row's least cost (zero potentials prove it). The
distance in some coordinates is a lower bound, which often suffices to see that y_j is farther. So
a copying student costs a small part of the matrix of distances, in float32; float64 differences
decide the pairs that the bound leaves open.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import torch

from dmdrepro.metrics.moments import ENDS, sqdists
from dmdrepro.metrics.watch import News, Watch, nobody

SAMPLED = 256  # rows, of which some distances tell how many coordinates to take
STEPS = 32  # numbers of coordinates that are tried on them
UNDECIDED = 1 / 256  # of the pairs: more are not looked at one by one
AIM = UNDECIDED / 16  # of the sample
ENTRIES = 1 << 20  # of the bounds at once
SMALL = 2.0**-100  # below it, and above its inverse, float32 is left
ORDINARY = 30  # rows whose largest value lies within 2^-30 and 2^30 are left at their scale
TINY = 2.0**-100  # of squares of order 1: what float32 may lose below its range
ONE_THREAD = 1 << 27  # multiply-adds that end sooner than threads that wait for one another
EXACT = ("none", "ieee")  # else torch may round float32 factors to fewer digits


@dataclass(frozen=True)
class BoundedRows:
    """Float32 rows a of s (x - c), b of s (y - c), with what their products tell of x and y.

    low_x_i + low_y_j - 2 a_i . b_j <= s^2 |x_i - y_j|^2, which is not above it by more than
    s^2 (width_x_i + width_y_j), if the left misses no more than `units` allow.
    """

    scale: float  # s
    x: np.ndarray  # [N, D]
    y: np.ndarray
    low_x: np.ndarray  # [N] float64
    low_y: np.ndarray
    width_x: np.ndarray  # [N], of x and y themselves
    width_y: np.ndarray


def bounded_rows(x: np.ndarray, y: np.ndarray, units: int, more: int = 0) -> BoundedRows:
    """Of x, y [N, D] in any floating type, finite; with room for `more` columns of float32 rows.

    `units` of 2^-24 (|a|^2 + |b|^2) is what the sum and the rounding of the rows may miss: 4 for
    the rows; K for float32 sums of K products, in any order; twice as much if |a|^2 and |b|^2 are
    among the terms.
    """
    scale, *rows = _centred(x, y, more)
    error = units * 2.0**-24
    parts = [whole[:, : x.shape[1]] for whole in rows]
    squares = [np.einsum("nd,nd->n", part, part, dtype=np.float64) for part in parts]
    low = [(1 - error) * square - TINY for square in squares]
    width = [2 * (error * square + TINY) / scale**2 for square in squares]
    return BoundedRows(scale, *rows, *low, *width)


def own_is_nearest(x: np.ndarray, y: np.ndarray, own: np.ndarray, watch: Watch = nobody) -> bool:
    """Whether |x_i - y_j|^2 >= `own` [N] = |x_i - y_i|^2 for all j; x, y [N, D], finite.

    False also if that would cost as much as the matrix to find out.
    """
    chosen = _coordinates(x, y, own)
    if chosen is None:
        return False
    rows = bounded_rows(*(rows.take(chosen, 1) for rows in (x, y)), 4 * (len(chosen) + 16), 1)
    bound = (rows.low_x - own * rows.scale**2) / 2
    # One coordinate more: a.b - |b|^2 / 2, which is above `bound` if the pair is undecided.
    rows.x[:, -1], rows.y[:, -1] = 1, -rows.low_y / 2
    step, left = max(1, ENTRIES // len(y)), int(UNDECIDED * len(x) * len(y)) + 64
    for first in range(0, len(x), step):
        watch(News("whether each own sample is the nearest", first / len(x)))
        near, limit = product(rows.x[first : first + step], rows.y), bound[first : first + step]
        np.fill_diagonal(near[:, first:], -np.inf)
        some = (~(near.max(1) <= limit)).nonzero()[0]
        i, j = (~(near[some] <= limit[some, None])).nonzero()
        i, left = first + some[i], left - len(i)
        if left < 0 or (sqdists(x, y, i, j) < own[i]).any():
            return False
    return True


def _coordinates(x: np.ndarray, y: np.ndarray, own: np.ndarray) -> np.ndarray | None:
    """The columns in which few pairs of a sample stay undecided; None if it denies the claim."""
    if not np.isfinite(own).all():
        return None
    if len(x) < SAMPLED:
        return np.arange(x.shape[1])
    every = np.linspace(0, len(x) - 1, SAMPLED).astype(int)
    i, j = every[::8], every[::2]
    scale, a, b = _centred(x[i], y[every])
    # The columns' order comes from other rows than those that judge it, which it would flatter.
    order = np.argsort(-(b[1::2] ** 2).sum(0), kind="stable")
    a, b = a.take(order, 1), b[::2].take(order, 1)
    limit = np.where(i[:, None] == j, -np.inf, scale**2 * own[i, None])
    if (_gram(a, b) < limit).any():
        return None
    size = -(-len(order) // STEPS)

    def suffice(last: int) -> bool:
        return (_gram(a[:, :last], b[:, :last]) < limit).mean() <= AIM

    enough = range(size, len(order), size)
    return np.sort(order[: size * (1 + bisect_left(enough, True, key=suffice))])


def _gram(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.vecdot(a, a)[:, None] + np.vecdot(b, b) - 2 * product(a, b)


def _centred(x: np.ndarray, y: np.ndarray, more: int = 0) -> tuple[float, np.ndarray, np.ndarray]:
    """(s, float32 rows of s (x - c) and s (y - c)), for some c and a power of two s.

    The rows have room for `more` columns.
    """
    dtype, d = np.result_type(x, y, np.float32), x.shape[1]
    centre = y[:: max(1, len(y) // SAMPLED)].mean(0, dtype=np.float64).astype(dtype)
    rows = [np.zeros((len(part), d + more), dtype) for part in (x, y)]
    a, b = parts = [whole[:, :d] for whole in rows]
    with np.errstate(over="ignore", invalid="ignore"):
        np.subtract(x, centre, out=a)
        np.subtract(y, centre, out=b)
        largest = max(float(abs(end(part))) for part in parts for end in ENDS)
    if dtype == np.float32 and not (largest == 0 or SMALL <= largest <= 1 / SMALL):
        return _centred(x.astype(np.float64), y.astype(np.float64), more)
    exponent = math.frexp(largest)[1]
    scale = 1.0 if abs(exponent) <= ORDINARY else 2.0**-exponent
    if scale != 1:
        a *= scale
        b *= scale
    return scale, *(whole.astype(np.float32, copy=False) for whole in rows)


def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """x y^T of x [N, D], y [M, D] at their own precision, whatever torch's settings are."""
    if x.dtype == np.float32 and torch.backends.mkldnn.matmul.fp32_precision not in EXACT:
        x, y = x.astype(np.float64), y.astype(np.float64)
    threads = torch.get_num_threads()
    if len(x) * y.size <= ONE_THREAD:
        torch.set_num_threads(1)
    try:
        return (torch.from_numpy(x) @ torch.from_numpy(y).T).numpy()
    finally:
        torch.set_num_threads(threads)
