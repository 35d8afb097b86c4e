"""The word for what a student did with its teacher's pairing, by the rule of expected.toml."""

import math
import statistics
from collections.abc import Sequence

from dmdrepro.measures.expected import RULE, regime, share_of_null, times_teachers
from dmdrepro.measures.students import Student

NO_SAMPLER, SAYS_NOTHING = "NO SAMPLER", "SAYS NOTHING"
RATIO, FRECHET = ("quality", "ratio"), ("features", "frechet_squared")
# What tells that a student is not a sampler: its distance to the data over its teacher's.
JUDGED_BY = ((RATIO, RULE.quality_within), (FRECHET, RULE.frechet_within))
MEANINGS = (
    f"COPIES: Delta_E is below {RULE.copies_below:g} of its null, which is that of an independent "
    f"pairing. REMAPS: above {RULE.remaps_above:g}. PARTLY: between. {NO_SAMPLER}: its distance to "
    f"the data is more than {RULE.quality_within:g} times the teacher's, or its Frechet distance "
    f"more than {RULE.frechet_within:g} times. {SAYS_NOTHING}: the "
    f"student hardly varies, or its pairing has no meaning: it is of fewer than {RULE.fewest} "
    f"samples, has no null, or one below {RULE.null_above:g}."
)


def word_of(student: Student) -> tuple[str, str]:
    """(the word, why the pairing tells nothing, if so), by medians over the seeds.

    If half of the seeds or more lack a number of the pairing, it tells nothing.
    """
    columns = (student.each("pairing", n) for n in ("delta_e", "delta_e_null", "retention"))
    rows = [row for row in zip(*columns, strict=True) if None not in row and math.isfinite(row[2])]
    share = null = math.nan
    if 2 * len(rows) > len(student.records):
        delta_e, nulls, _ = zip(*rows, strict=True)
        share, null = share_of_null(delta_e, nulls), statistics.median(nulls)
    far = [(_times(student, path), within) for path, within in JUDGED_BY]
    return word_by_rule(student.each("pairing", "n")[0], student.collapsed, share, null, far)


def word_by_rule(
    n: int | None,
    collapsed: bool,
    share: float,
    null: float,
    far: Sequence[tuple[float | None, float]] = (),
) -> tuple[str, str]:
    """(the word, why the pairing tells nothing, if so), by the rule of MEANINGS.

    `n`: the number of samples, None if it is not known; `collapsed`: whether the student hardly
    varies; `share`: Delta_E over its `null` (`share_of_null`), nan if there is none; `far`: the
    student's distance to the data over its teacher's, None if not measured, and how much is a
    sampler's.
    """
    if n is not None and n < RULE.fewest:
        return SAYS_NOTHING, f"Of {n} samples an independent pairing may be the cheapest by chance."
    if collapsed:
        return SAYS_NOTHING, "The student hardly varies."
    if math.isnan(share):
        return SAYS_NOTHING, "The share of the pairing that was kept is not defined."
    if any(times is not None and not times <= within for times, within in far):
        return NO_SAMPLER, "Its samples are too far from the data."
    if null < RULE.null_above:
        return SAYS_NOTHING, (
            f"The cheapest pairing costs about what an independent one does (null {null:.2g})."
        )
    return regime(share).upper(), ""


def quality_words(student: Student) -> str:
    """The student's distance to the data and its teacher's, means over the seeds."""
    if found := _both(student, FRECHET):
        ours, teacher = (f"{statistics.mean(v):,.0f}" for v in zip(*found, strict=True))
        return f"Frechet {ours}, teacher {teacher}."
    if found := _both(student, RATIO):
        ours, teacher = (f"{statistics.mean(v):.1f}" for v in zip(*found, strict=True))
        return f"Distance to the data {ours} times that of other data, teacher {teacher}."
    none = all(record.get("quality", {}) is None for record in student.records)
    return "Whether it samples well is not measured: there are no images." if none else ""


def _times(student: Student, path: tuple[str, str]) -> float | None:
    """Median of the student's distance to the data over its teacher's, None if not measured."""
    found = _both(student, path)
    return times_teachers(*map(statistics.median, zip(*found, strict=True))) if found else None


def _both(student: Student, path: tuple[str, str]) -> list[tuple]:
    """The student's distance to the data and its teacher's, of each seed that has both."""
    kind, name = path
    columns = (student.each(kind, who, name) for who in ("student", "teacher_8"))
    return [pair for pair in zip(*columns, strict=True) if None not in pair]
