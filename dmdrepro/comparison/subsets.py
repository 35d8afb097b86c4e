"""Disjoint subsets of the samples: an interval for what N samples say, and the curve over N."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import t as student_t

from dmdrepro.metrics.null import CLASS
from dmdrepro.metrics.pairing import PairingRecord

SETS, FEWEST, LEAST = 10, 3, 10  # subsets, as few as that, of so many samples at least
LEVEL = 0.95
SIZES = (8, 4, 2, 1)  # the curve over N has sets of N over these
SEED = 0  # of the order in which rows are dealt out
QUANTITIES = ("retention", "concordance")  # means over samples, but for E_OT, which hardly varies
MEASURED = ("delta_e", "delta_e_null", "retention", "concordance")

Pairing = Callable[[np.ndarray], PairingRecord]  # of some rows alone


@dataclass(frozen=True)
class Interval:
    """Between what most other draws of as many samples would find, for the same two networks."""

    retention: tuple[float, float]
    concordance: tuple[float, float]
    level: float
    sets: int
    n: int  # of the smallest set

    def to_json(self) -> dict[str, object]:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def disjoint(n: int, count: int, classes: np.ndarray | None = None) -> list[np.ndarray]:
    """`count` disjoint sets of rows of N, drawn at random: their rows, ascending.

    With `classes` [N] rows are dealt in twos and threes of one class, so that every set has a null
    within classes; rows that are alone in their class go anywhere.
    """
    order = np.random.default_rng(SEED).permutation(n)
    if classes is None:
        size = n // count
        return [np.sort(order[k * size : (k + 1) * size]) for k in range(count)]
    units: list[np.ndarray] = []
    for name in np.unique(classes):
        rows = order[classes[order] == name]
        units += np.array_split(rows, max(1, len(rows) // 2))
    return [np.sort(np.concatenate(units[k::count])) for k in range(count) if units[k::count]]


def interval(
    whole: PairingRecord, pairing: Pairing, classes: np.ndarray | None = None
) -> Interval | None:
    """About the whole set's values, from the spread of k disjoint subsets; None of too few.

    A mean over N / k samples varies sqrt(k) times as much as one over N, so the half width is
    Student's t times the subsets' standard deviation over sqrt(k).
    """
    if (count := min(SETS, whole.n // LEAST)) < FEWEST:
        return None
    sets = disjoint(whole.n, count, _dealt(whole, classes))
    found = [pairing(rows) for rows in sets]
    ends = {}
    for name in QUANTITIES:
        middle, values = getattr(whole, name), np.array([getattr(one, name) for one in found])
        if not np.isfinite([middle, *values]).all():
            return None
        quantile = student_t.ppf((1 + LEVEL) / 2, len(sets) - 1)
        half = float(quantile * values.std(ddof=1) / np.sqrt(len(sets)))
        ends[name] = (middle - half, min(1.0, middle + half))
    return Interval(**ends, level=LEVEL, sets=len(sets), n=min(map(len, sets)))


def over_n(
    whole: PairingRecord, pairing: Pairing, classes: np.ndarray | None = None
) -> list[dict[str, object]]:
    """At N / 8, N / 4, N / 2 and N: `n`, and of each of MEASURED one value a disjoint set."""
    curve = []
    for count in SIZES:
        if count > 1 and whole.n // count < LEAST:
            continue
        sets = disjoint(whole.n, count, _dealt(whole, classes)) if count > 1 else []
        found = [pairing(rows) for rows in sets] or [whole]
        values = {name: [getattr(one, name) for one in found] for name in MEASURED}
        curve.append({"n": round(whole.n / count), **values})
    return curve


def _dealt(whole: PairingRecord, classes: np.ndarray | None) -> np.ndarray | None:
    """The classes if the null needs two samples of each; a second draw does not."""
    return classes if whole.null == CLASS else None
