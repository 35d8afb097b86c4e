"""Samples that look like no teacher's and its student's, each doubt as a sentence.

Other units (0 to 255 against -1 to 1) and a student that hardly varies give a Delta_E near 0, as a
copy does. A doubt is raised if an effect is large and chance is excluded. Both of these hold
whatever the law of the samples is, heavy tails, atoms and dependent coordinates included: rank
sums and signs know nothing of it. So two draws of one law raise none at any N, and sets of fewer
than some tens of samples seldom do.
"""

import math

import numpy as np
import torch

from dmdrepro.metrics.classes import Classes
from dmdrepro.metrics.moments import Moments, as_array, moments_of, sqdists
from dmdrepro.metrics.samples import Samples, same_rows
from dmdrepro.metrics.scale import exponent_of, scaled

# Of two sets' typical distances within: 0 to 1 against -1 to 1 differ by 2. Our students, copies
# or not, lie within 1 / 1.3 and 1.3 once they sample.
FACTOR = 1.7
COLLAPSED = 10.0  # from here on the narrower set hardly varies beside the other
# Of the distance of the means, in root mean squares of the sets' standard deviations: uniform
# values in 0 to 1 against such in -1 to 1 are 1.1 apart, our students below 0.3.
SHIFT = 0.75
ROUNDING = 1e-6  # of the samples' size: two constant sets no farther apart are equal
# Standard deviations of a rank sum: by chance 7e-6 for large sets, for small ones less, where only
# complete separation gets there (of 14 against 14: 5e-8).
RANKS = 4.5
# N |mean d|^2 / mean |d|^2 of the differences d of rows. Under one law d and -d are as likely, and
# the ratio exceeds t with a probability of at most 2 exp(-t / 2): 1e-5 (Hoeffding 1963; of vectors:
# Pinelis 1994).
SIGNS = 24.0
FARTHER = 1.1  # of distances, 1.2 of their squares
PAIRS = 256  # of a set's samples, whose distances are compared
LEAST = 10  # samples of which none varies, if those of the other set all differ


def input_warnings(teacher: Samples, student: Samples) -> tuple[str, ...]:
    """Sentences about teacher and student [N, ...]; none for plausible ones.

    On integers against other floats, distant means, one set much wider, a set that hardly varies.
    Raises ValueError as `same_rows` does.
    """
    whole = are_integers(teacher), are_integers(student)
    return row_warnings(*same_rows(teacher=teacher, student=student), whole)


def row_warnings(
    x: torch.Tensor,
    y: torch.Tensor,
    whole: tuple[bool, bool],
    names: tuple[str, str] = ("teacher", "student"),
    misread: str = "Delta_E near 0",
    moments: Moments | None = None,
) -> tuple[str, ...]:
    """The same of rows [N, D]; `whole`: whether they were integers; `moments`: theirs, if known.

    `names`: what the sentences call the two; `misread`: the number that does not mean a copy then.
    """
    exponent = exponent_of(x, y)
    values = as_array(x), as_array(y)
    x, y = (scaled(rows, -exponent) for rows in (x, y))
    moments = moments or moments_of(x, y)
    x, y = as_array(x), as_array(y)
    one, other = names
    words, shift, spread = _types(*values, whole, names), _shift(x, y, moments), _spread(x, y)
    if not words and shift is None and spread is None:
        return ()
    of_x, of_y = map(_range, values)
    ranges = f"The {one}'s values lie in {of_x}, the {other}'s in {of_y}"
    found = [f"{words}. {ranges}: are both in the same units?"] if words else []
    parts = [] if shift is None else [f"the means are {shift:.3g} standard deviations apart"]
    if spread is not None:
        wide, narrow = names if spread > 1 else names[::-1]
        times = max(spread, 1 / spread) if spread > 0 else math.inf
        if times >= COLLAPSED:
            nearer = f"{_times(times)} nearer to each other than the {wide}'s"
            how = f"its samples are {'equal' if math.isinf(times) else nearer}"
            doubt = (
                f"The {narrow} hardly varies: {how}. {ranges}. It has collapsed, or the two are in "
                f"different units. So {misread} does not mean a copy here."
            )
            return (*found, doubt)
        parts.append(f"the {wide}'s samples are {times:.3g} times as far apart as the {narrow}'s")
    if parts:
        found.append(
            f"{one.capitalize()} and {other} differ greatly: {' and '.join(parts)}. {ranges}: are "
            "both in the same units?"
        )
    return tuple(found)


def _times(ratio: float) -> str:
    """`1,230 times`."""
    return "infinitely many times" if math.isinf(ratio) else f"{float(f'{ratio:.3g}'):,g} times"


def _range(rows: np.ndarray) -> str:
    return f"[{float(rows.min()):.4g}, {float(rows.max()):.4g}]"


def _types(x: np.ndarray, y: np.ndarray, whole: tuple[bool, bool], names: tuple[str, str]) -> str:
    """A doubt about integers against floats that are not whole numbers; otherwise empty."""
    if whole[0] == whole[1]:
        return ""
    floats = y if whole[0] else x
    if (floats == np.round(floats)).all():  # a copy in another type
        return ""
    integers, others = names if whole[0] else names[::-1]
    return f"The {integers}'s samples are integers and the {others}'s are not"


def are_integers(samples: Samples) -> bool:
    """Whether the samples' type is one of whole numbers."""
    if isinstance(samples, torch.Tensor):
        return not samples.is_floating_point()
    return np.asarray(samples).dtype.kind in "iub"


def _shift(x: np.ndarray, y: np.ndarray, moments: Moments) -> float | None:
    """The distance of the means in standard deviations, if it is large and not chance."""
    square, variance = moments.shift, (moments.spread_x + moments.spread_y) / 2
    size = variance + float((moments.mean_x**2 + moments.mean_y**2).sum()) / 2
    if square <= max(SHIFT**2 * variance, ROUNDING**2 * size):
        return None
    signs = len(x) * square / max(float(moments.sqdist.mean()), square)
    if (
        signs <= SIGNS
        and abs(_rank_sum(*(rows.mean(1, dtype=np.float64) for rows in (x, y)))) <= RANKS
    ):
        return None
    return math.sqrt(square / variance) if variance > 0 else math.inf


def noise_warnings(
    x: torch.Tensor, y: torch.Tensor, groups: Classes | None, second: torch.Tensor | None
) -> tuple[str, ...]:
    """A doubt about a student y [N, D] that varies by its class alone, not by its noise.

    Its distances to its second draw are compared with the teacher's to that, or else, within the
    classes, its samples' distances with the teacher's. Delta_E is near 0 then if classes lie apart.
    """
    if second is not None:
        rows = np.random.default_rng(0).permutation(len(x))[:PAIRS]
        own, teachers = (_lengths(rows_of, rows, rows, second) for rows_of in (y, x))
        told = "it is {times} nearer to its second draw than the teacher is"
    elif groups is not None:
        halves = [(r[: len(r) // 2], r[len(r) // 2 : len(r) // 2 * 2]) for r in groups.rows]
        one, two = (np.concatenate(part) for part in zip(*halves, strict=True))
        rows = np.random.default_rng(0).permutation(len(one))[:PAIRS]
        own, teachers = (_lengths(rows_of, one[rows], two[rows]) for rows_of in (y, x))
        told = "within a class its samples are {times} nearer to each other than the teacher's"
    else:
        return ()
    if len(own) == 0:
        return ()
    middle, teachers_middle = np.median(own), np.median(teachers)
    if middle * COLLAPSED > teachers_middle or abs(_rank_sum(teachers, own)) <= RANKS:
        return ()
    told = told.format(times=_times(teachers_middle / middle if middle > 0 else math.inf))
    return (
        f"The student hardly varies with its noise: {told}. So Delta_E near 0 "
        "does not mean a copy here.",
    )


def out_of_order(x: torch.Tensor, y: torch.Tensor, groups: Classes, second: torch.Tensor) -> bool:
    """Whether y's second draw is farther from x than y's others of the class are; all [N, D].

    By FARTHER at least: less than that hardly moves the null.
    """
    rows = np.random.default_rng(0).permutation(np.flatnonzero(groups.in_company()))[:PAIRS]
    if len(rows) == 0:
        return False
    others = _lengths(x, rows, groups.half_a_class_on()[rows], y)
    found = _lengths(x, rows, rows, second)
    return np.median(found) > FARTHER * np.median(others) and _rank_sum(found, others) > RANKS


def _lengths(
    rows: torch.Tensor, one: np.ndarray, two: np.ndarray, of: torch.Tensor | None = None
) -> np.ndarray:
    """|rows[one] - of[two]|, of the rows themselves unless others are given."""
    return np.sqrt(sqdists(as_array(rows), as_array(rows if of is None else of), one, two))


def _spread(x: np.ndarray, y: np.ndarray) -> float | None:
    """How many times as far apart the samples of x are as those of y, if that is not chance.

    By the medians of the distances of random disjoint pairs; inf or 0 if one set is constant.
    """
    if len(x) >= LEAST:
        for wide, narrow, times in ((x, y, math.inf), (y, x, 0.0)):
            if _constant(narrow) and len(np.unique(wide, axis=0)) == len(wide):
                return times
    order = np.random.default_rng(0).permutation(len(x))
    half = min(len(x) // 2, PAIRS)
    one, two = order[:half], order[half : 2 * half]
    a, b = (np.sqrt(sqdists(rows, rows, one, two)) for rows in (x, y))
    if half == 0:
        return None
    medians = [float(np.partition(lengths, (half - 1) // 2)[(half - 1) // 2]) for lengths in (a, b)]
    if max(medians) <= FACTOR * min(medians) or abs(_rank_sum(a, b)) <= RANKS:
        return None
    return medians[0] / medians[1] if medians[1] > 0 else math.inf


def _constant(rows: np.ndarray) -> bool:
    return all((part == rows[0]).all() for part in (rows[:LEAST], rows))


def _rank_sum(a: np.ndarray, b: np.ndarray) -> float:
    """Mann and Whitney's U of a, b [M], in its standard deviations under one law; ties share ranks.

    Normal only for large M; complete separation gives sqrt(3 M^2 / (2 M + 1)).
    """
    m = len(a)
    _, place, count = np.unique(np.concatenate([a, b]), return_inverse=True, return_counts=True)
    count = count.astype(np.float64)
    rank = count.cumsum() - (count - 1) / 2  # the middle one of equal values
    n = 2 * m
    ties = float((count**3 - count).sum()) / (n * (n - 1))
    variance = m * m / 12 * (n + 1 - ties)
    excess = float(rank[place.reshape(-1)[:m]].sum()) - m * (n + 1) / 2
    return excess / math.sqrt(variance) if variance > 0 else 0.0
