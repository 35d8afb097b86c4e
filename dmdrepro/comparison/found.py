"""What a comparison found: its numbers, and its answer in words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from dmdrepro.comparison.subsets import FEWEST, LEAST, Interval, Pairing, over_n
from dmdrepro.measures.expected import RULE, regime, times_teachers
from dmdrepro.measures.students import hardly_varies
from dmdrepro.measures.table import cell_text
from dmdrepro.measures.word import NO_SAMPLER, SAYS_NOTHING, word_by_rule
from dmdrepro.metrics.null import ALL, CLASS, SECOND_DRAW
from dmdrepro.metrics.pairing import PairingRecord

ANOTHER = {
    ALL: "that to another's",
    CLASS: "that to another's of its class",
    SECOND_DRAW: "the second draw's",
}
NULLS = {
    ALL: "an independent pairing",
    CLASS: "an independent pairing within the class",
    SECOND_DRAW: "an independent pairing by a second draw of the student",
}


@dataclass(frozen=True, repr=False, eq=False)
class Found:
    """A teacher and a student on the same noise; prints itself in words.

    It has the fields of the pairing's record too (`delta_e`, `retention`, `assignment`, ...), with
    all `warnings`.
    """

    record: PairingRecord
    interval: Interval | None  # of retention and concordance; None of too few samples
    real: Mapping[str, object] | None  # what real samples tell: quality, memorisation, D(z)
    about: Mapping[str, object]  # where the samples are from
    teacher: np.ndarray = field(repr=False)  # [N, ...]
    student: np.ndarray = field(repr=False)  # [N, ...]
    classes: np.ndarray | None = field(repr=False)  # [N]
    pairing_of: Pairing = field(repr=False)  # the record of some rows alone

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "record":
            raise AttributeError(name)
        return getattr(self.record, name)

    @cached_property
    def _judged(self) -> tuple[str, str]:
        record, far = self.record, []
        if self.real is not None and self.real["farther"]:
            far = [(self._times_teachers(), RULE.quality_within)]
        # 1 - retention is Delta_E over its null, also if both are infinite: E_OT = 0.
        collapsed, share = hardly_varies(record.warnings), 1 - record.retention
        return word_by_rule(record.n, collapsed, share, record.delta_e_null, far)

    @property
    def answer(self) -> str:
        """COPIES, PARTLY, REMAPS, NO SAMPLER or SAYS NOTHING, by the project's rule."""
        return self._judged[0]

    @property
    def sentence(self) -> str:
        """The answer with what share of the pairing is kept."""
        return " ".join(filter(None, (f"{self.answer}.", self._judged[1], self._share())))

    @property
    def lines(self) -> list[str]:
        """The answer, the numbers that it rests on, what real samples tell."""
        record = self.record
        ranged = "" if self.interval is None else f" {_ends(self.interval.retention)}"
        lines = [
            self.sentence,
            f"Delta_E {cell_text(record.delta_e)}; its null, of {NULLS[record.null]}, "
            f"{cell_text(record.delta_e_null)}. Retention {_two(record.retention)}{ranged}, "
            f"concordance {_two(record.concordance)}.",
            self._about_interval(),
        ]
        if self.real is not None:
            lines.append(self._about_real())
        return lines

    def __str__(self) -> str:
        return "\n".join([*self.lines, *(f"Warning: {words}" for words in self.record.warnings)])

    __repr__ = __str__

    def to_json(self) -> dict[str, object]:
        """The record's fields and all that is found beside; infinities and nan as strings."""
        return {
            **self.record.to_json(),
            "answer": self.answer,
            "sentence": self.sentence,
            "interval": None if self.interval is None else self.interval.to_json(),
            "assignment": [int(j) for j in self.record.assignment],
            **(self.real or {}),
            **self.about,
        }

    @cached_property
    def over_n(self) -> list[dict[str, object]]:
        """Delta_E, its null, retention and concordance of disjoint sets of N / 8, ..., N."""
        return over_n(self.record, self.pairing_of, self.classes)

    def _share(self) -> str:
        record = self.record
        if not math.isfinite(record.concordance):
            return "The distance to another's sample is not defined."
        words = "The squared distance to the teacher's own sample is "
        words += _percent(1 - record.concordance)
        if self.interval is not None:
            low, high = (_percent(1 - end) for end in self.interval.concordance[::-1])
            words += f" ({low} to {high})"
        kept = round(record.n * (1 - record.remapped))
        return f"{words} of {ANOTHER[record.null]}; {kept:,} of {record.n:,} are optimally paired."

    def _about_interval(self) -> str:
        found = self.interval
        if found is None:
            why = "a subset has none" if self.record.n >= FEWEST * LEAST else "they are too few"
            return f"No interval from these {self.record.n:,} samples: {why}; 1,000 are usual."
        reached = {regime(1 - end).upper() for end in found.retention} - {self.answer}
        unsure = reached and self.answer not in (NO_SAMPLER, SAYS_NOTHING)
        words = f" That of retention reaches {' and '.join(sorted(reached))}." if unsure else ""
        return (
            f"Brackets: {found.level:.0%} intervals, from {found.sets} disjoint sets of "
            f"{found.n:,} of these samples. Another training may differ by more.{words}"
        )

    def _times_teachers(self) -> float:
        quality = self.real["quality"]
        return times_teachers(*(quality[who]["ratio"] for who in ("student", "teacher")))

    def _about_real(self) -> str:
        quality, found = self.real["quality"], self.real["memorisation"]
        words = [
            f"Distance to the real samples, over that of other real ones: student "
            f"{quality['student']['ratio']:.2f}, teacher {quality['teacher']['ratio']:.2f}."
        ]
        if (n := quality["student"]["n"]) < self.record.n:
            words.append(f"That is of {n:,} samples: for all pass {2 * self.record.n:,} real ones.")
        if self.real["farther"] is False and not self._times_teachers() <= RULE.quality_within:
            words.append(
                "That the student's is larger may be chance, so it is not called NO SAMPLER: pass "
                "more samples."
            )
        shares = ", ".join(f"{who} {found[who]['fraction']:.1%}" for who in ("student", "teacher"))
        words.append(f"Memorised (ratio below {found['student']['threshold']:.2f}): {shares}.")
        if (pearson := self.real["d_of_z"]["pearson_student"]) is not None:
            words.append(
                f"Distance from the teacher's sample against D(z): correlation "
                f"{_two(pearson['value'])} {_ends((pearson['low'], pearson['high']))}."
            )
        return " ".join(words)


def _ends(ends: tuple[float, float]) -> str:
    return f"[{_two(ends[0])}, {_two(ends[1])}]"


def _two(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"  # no -0.00


def _percent(share: float) -> str:
    return f"{100 * share:.2g}%" if abs(share) < 0.01 else f"{share:.0%}"
