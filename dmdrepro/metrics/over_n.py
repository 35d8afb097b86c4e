"""The pairing of several disjoint sets of N: how it varies with the noise, and with N."""

from dmdrepro.metrics.classes import Labels, as_classes
from dmdrepro.metrics.pairing import pairing_inefficiency
from dmdrepro.metrics.samples import Samples
from dmdrepro.metrics.watch import Watch

MEASURED = (
    *("delta_e", "delta_e_null", "retention", "concordance"),
    *("e_dt", "e_ot", "e_ind", "gap", "company"),
)


def pairing_of_sets(
    teacher: Samples,
    student: Samples,
    n: int,
    most: int,
    *,
    classes: Labels | None = None,
    watch: Watch | None = None,
) -> dict[str, object]:
    """Delta_E and its company on each of as many disjoint sets of `n` rows as there are.

    `teacher`, `student`: [M, ...] of equal shapes, row i of both from the same noise, M >= n >= 2;
    at most `most` sets, rows [0, n), [n, 2 n), ... Each set is a new draw of noise for the same two
    maps, so the spread is what N samples leave open. Points are not resampled: a duplicate would
    find itself at no cost. `classes` [M]: the null is within each set's classes. Returns {"n",
    "sets", "null", each of MEASURED: one value a set}, infinities and nan as strings. Raises
    ValueError as `pairing_inefficiency` does.
    """
    numbers = None if classes is None else as_classes(classes, len(teacher)).numbers
    sets = min(most, len(teacher) // n)
    if sets < 1:
        raise ValueError(f"There are {len(teacher)} samples; a set of {n} needs as many.")
    found = []
    for first in range(0, sets * n, n):
        rows = slice(first, first + n)
        own = None if numbers is None else numbers[rows]
        record = pairing_inefficiency(teacher[rows], student[rows], classes=own, watch=watch)
        found.append(record.to_json())
    values = {name: [one[name] for one in found] for name in MEASURED}
    return {"n": n, "sets": sets, "null": found[0]["null"], **values}
