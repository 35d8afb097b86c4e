"""The page's first screen: the answer in one sentence, and how much each student kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dmdrepro.measures.expected import RULE
from dmdrepro.measures.students import Student
from dmdrepro.measures.table import cell_text, middle
from dmdrepro.measures.word import NO_SAMPLER, SAYS_NOTHING
from dmdrepro.report.answer import Answer

# What the student does, by the answer's word, in the order of the sentence.
DOES = {
    "COPIES": "copies its teacher's pairing on",
    "PARTLY": "keeps a part of its teacher's pairing on",
    "REMAPS": "loses most of its teacher's pairing on",
    NO_SAMPLER: "is not a good sampler on",
    SAYS_NOTHING: "gives no answer on",
}
LOWEST = -1.0  # the retention at the left edge, at least; a smaller one is drawn there


def sentence(found: Sequence[Answer]) -> str:
    """`The student copies its teacher's pairing on mnist, and is not a good sampler on ring.`"""
    parts = []
    for word, does in DOES.items():
        if names := [each.student.experiment for each in found if each.word == word]:
            parts.append(f"{does} {_listed(names)}")
    return f"The student {_listed(parts, ', and ')}." if parts else ""


def _listed(words: Sequence[str], last: str = " and ") -> str:
    return last.join(filter(None, (", ".join(words[:-1]), words[-1])))


@dataclass(frozen=True)
class Row:
    """One student of the dot plot; a place runs from 0, the left edge, to 100."""

    student: Student
    word: str
    dots: list[tuple[str, float]]  # what is said of a seed, place
    numbers: str  # Delta_E and its null


@dataclass(frozen=True)
class DotPlot:
    """Each student's retention, one dot a seed, over a scale from `low` to 1."""

    rows: list[Row]
    marks: list[float]  # the places of 0 and of the rule's two bounds
    low: float
    remaps_below = 1 - RULE.remaps_above
    copies_above = 1 - RULE.copies_below


def dot_plot(found: Sequence[Answer]) -> DotPlot:
    """The students of `found`; a seed without a finite retention has no dot."""
    kept = {each: _retentions(each.student) for each in found}
    low = max(LOWEST, min([0.0, *(value for values in kept.values() for _, value in values)]))

    def place(value: float) -> float:
        return round(100 * (max(value, low) - low) / (1 - low), 2)

    rows = []
    for each, values in kept.items():
        dots = [(f"seed {seed}: retention {cell_text(v)}", place(v)) for seed, v in values]
        delta_e, null = (_mean(each.student, name) for name in ("delta_e", "delta_e_null"))
        numbers = f"Delta_E {delta_e}, null {null}"
        rows.append(Row(each.student, each.word, dots, numbers))
    bounds = (0.0, DotPlot.remaps_below, DotPlot.copies_above)
    return DotPlot(rows, [place(bound) for bound in bounds], low)


def _mean(student: Student, name: str) -> str:
    value = middle(student.cell("pairing", name))
    finite = isinstance(value, float) and math.isfinite(value)
    return cell_text(round(value, 4) if finite else value)


def _retentions(student: Student) -> list[tuple[int, float]]:
    values = zip(student.seeds, student.each("pairing", "retention"), strict=True)
    return [(s, float(v)) for s, v in values if isinstance(v, int | float) and math.isfinite(v)]
