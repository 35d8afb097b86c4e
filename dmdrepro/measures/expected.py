"""What the paper reports, and the rule of the verdict: read from expected.toml."""

import math
import statistics
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_EXPECTED = tomllib.loads(Path(__file__).with_name("expected.toml").read_text(encoding="utf-8"))

N: int = _EXPECTED["samples"]
K: int = _EXPECTED["teacher_steps"]


@dataclass(frozen=True)
class PaperNumber:
    """One student of the paper; `delta_e` None: shown in a figure without a number."""

    experiment: str
    where: str
    teacher_iterations: int | None = None  # None: the paper does not say
    delta_e: float | None = None
    regime: tuple[str, ...] = ()  # what the paper says without a number

    @property
    def shown(self) -> float | str:
        """For a table: Delta_E, or that the paper gives none."""
        return "figure only" if self.delta_e is None else self.delta_e


@dataclass(frozen=True)
class Rule:
    """When a number counts as reproduced; expected.toml explains each field."""

    reproduced_within: float
    copies_below: float
    remaps_above: float
    quality_within: float
    frechet_within: float
    null_above: float
    fewest: int
    kept_by_a_turn: float
    moderately_negative: tuple[float, float]


# What the names of the rule's regimes mean.
REGIMES = {
    "copies": "the student keeps the teacher's pairing",
    "partly": "the student keeps a part of the teacher's pairing",
    "remaps": "the student loses most of the teacher's pairing",
}
RULE = Rule(**_EXPECTED["rule"])
PAPER_NUMBERS = tuple(
    PaperNumber(**{**entry, "regime": tuple(entry.get("regime", ()))})
    for entry in _EXPECTED["student"]
)
CLAIMS_OF: str = _EXPECTED["claims"]["experiment"]
CLAIMS: dict[int, str] = {n: _EXPECTED["claims"][f"figure_{n}"] for n in (4, 11, 12)}


def paper_number(experiment: str, teacher_iterations: int) -> PaperNumber | None:
    """What the paper has of the student of that teacher, or None."""
    for number in PAPER_NUMBERS:
        same_teacher = number.teacher_iterations in (None, teacher_iterations)
        if number.experiment == experiment and same_teacher:
            return number
    return None


def times_teachers(distance: float, teachers: float) -> float:
    """A student's distance to the data over its teacher's, which RULE limits; inf if that is 0."""
    return distance / teachers if teachers > 0 else math.inf


def share_of_null(delta_e: Sequence[float], null: Sequence[float]) -> float:
    """Delta_E over its null (1 - retention), of medians over the seeds; nan if there is none."""
    ours, ceiling = statistics.median(delta_e), statistics.median(null)
    return ours / ceiling if math.isfinite(ours) and ceiling > 0 else math.nan


def regime(share: float) -> str:
    """`copies`, `partly` or `remaps`, from `share_of_null`."""
    if share < RULE.copies_below:
        return "copies"
    return "remaps" if share > RULE.remaps_above else "partly"
