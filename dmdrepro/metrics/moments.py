"""Squared distances of paired rows, and the moments of two sets, in float64.

In numpy on one thread, in blocks that fit a core's cache: torch's threads would wait for each
other.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

BLOCK = 1 << 17  # values
ENDS = np.min, np.max
WIDE = 1 << 13  # columns at once, for which numpy's BLAS starts no thread


@dataclass(frozen=True)
class Moments:
    """Of two sets of rows x, y [N, D]."""

    sqdist: np.ndarray  # [N]: |x_i - y_i|^2
    mean_x: np.ndarray  # [D]
    mean_y: np.ndarray
    spread_x: float  # the mean over i of |x_i - mean_x|^2
    spread_y: float
    kept: float  # the mean over i of (x_i - mean_x) . (y_i - mean_y)

    @property
    def shift(self) -> float:
        """|mean_x - mean_y|^2."""
        return float(((self.mean_x - self.mean_y) ** 2).sum())


def as_array(rows: torch.Tensor) -> np.ndarray:
    """Rows [N, D] on the CPU in their own type; bfloat16 becomes float32."""
    return (rows.float() if rows.dtype == torch.bfloat16 else rows).cpu().numpy()


def moments_of(x: torch.Tensor, y: torch.Tensor) -> Moments:
    """Of x, y [N, D], each about its own mean."""
    x, y = as_array(x), as_array(y)
    mean_x, mean_y = (rows.mean(0, dtype=np.float64) for rows in (x, y))
    sqdist, sums = np.empty(len(x)), np.zeros(3)
    blocks = list(_blocks(x, len(x)))
    room = np.empty((3, blocks[0].stop, x.shape[1]))
    for part in blocks:
        a, b, apart = room[:, : len(sqdist[part])]
        a[:], b[:] = x[part], y[part]
        np.subtract(a, b, out=apart)
        sqdist[part] = dots(apart, apart)
        a -= mean_x
        b -= mean_y
        sums += [dots(*pair).sum() for pair in ((a, a), (b, b), (a, b))]
    return Moments(sqdist, mean_x, mean_y, *(sums / len(x)).tolist())


def covariance(x: torch.Tensor, y: torch.Tensor, order: np.ndarray, moments: Moments) -> float:
    """The mean over i of (x_i - mean_x) . (y_order(i) - mean_y)."""
    x, y, total = as_array(x), as_array(y), 0.0
    for part in _blocks(x, len(x)):
        a, b = x[part] - moments.mean_x, y[order[part]] - moments.mean_y
        total += float(dots(a, b).sum())
    return total / len(x)


def sqdists(
    x: np.ndarray, y: np.ndarray, i: np.ndarray | None = None, j: np.ndarray | None = None
) -> np.ndarray:
    """Float64 |x_n - y_n|^2 of rows [N, D], or |x_i - y_j|^2 of pairs i, j [M].

    The same two rows give the same bits.
    """
    found = np.empty(len(x) if i is None else len(i))
    for part in _blocks(x, len(found)):
        apart = x[part if i is None else i[part]].astype(np.float64)
        apart -= y[part if j is None else j[part]]
        found[part] = dots(apart, apart)
    return found


def mean_sqdist(x: torch.Tensor, y: torch.Tensor) -> float:
    """Mean over rows of |x_i - y_i|^2 from float64 differences; x, y [N, D]."""
    return float(sqdists(as_array(x), as_array(y)).mean())


def dots(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[N]: a_i . b_i of rows [N, D]; what overflows is infinite, and refused by callers."""
    parts = range(0, a.shape[1], WIDE)
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.vecdot(a[:, :WIDE], b[:, :WIDE])
        for first in parts[1:]:
            found += np.vecdot(a[:, first : first + WIDE], b[:, first : first + WIDE])
    return found


def _blocks(rows: np.ndarray, count: int) -> Iterator[slice]:
    step = max(1, BLOCK // rows.shape[1])
    return (slice(first, first + step) for first in range(0, count, step))
