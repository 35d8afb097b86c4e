"""The cost of an independent pairing if teacher and student share more than the noise.

Samples of one class are near each other. Beside pairs of other classes, two samplers that share
only the class would seem to keep a pairing, so the independent pairing shares the class too.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch

from dmdrepro.metrics.assignment import optimal_assignment
from dmdrepro.metrics.classes import Classes
from dmdrepro.metrics.moments import as_array, dots, mean_sqdist
from dmdrepro.metrics.watch import Watch

# What E_ind is over, in a record's words.
ALL, CLASS, SECOND_DRAW = "all", "class", "second draw"
NAMED = 5  # classes in a warning


@dataclass(frozen=True)
class Null:
    """An independent pairing's energy, and what the given pairing is below it."""

    kind: str
    e_ind: float
    gained: float  # E_ind - E_DT, with the digits that near-copies would lose in subtracting

    def retention(self, lost: float, least: float) -> float:
        """(E_ind - E_DT) / (E_ind - E_OT) with `lost` = E_DT - E_OT; nan up to `least`."""
        most = self.gained + lost
        return math.nan if most <= least else self.gained / most

    @property
    def concordance(self) -> float:
        """1 - E_DT / E_ind; nan if all these samples coincide."""
        return self.gained / self.e_ind if self.e_ind > 0 else math.nan


NO_NULL = Null(CLASS, math.nan, math.nan)


def null_within_classes(x: torch.Tensor, y: torch.Tensor, classes: Classes) -> Null:
    """E_ind = mean over i of the mean over j != i of i's class of |x_i - y_j|^2; x, y [N, D].

    Every class has two rows or more. From each class's moments, in float64 about its own means. A
    mean over rows: in a mean over pairs large classes would count by their squares.
    """
    e_ind = gained = 0.0
    for rows in classes.rows:
        m, own = len(rows), rows.to(x.device)
        of_x, of_y = x[own].double(), y[own].double()
        shift = float((of_x.mean(0) - of_y.mean(0)).square().sum())
        of_x, of_y = of_x - of_x.mean(0), of_y - of_y.mean(0)
        spread = float(of_x.square().sum() + of_y.square().sum()) / m
        kept = float((of_x * of_y).sum()) / m  # (the mean over all pairs - E_DT) / 2
        # In this order a copy has two equal terms to the last bit, and so exactly 1.
        e_ind += m / len(x) * (shift + (spread * m - (spread - 2 * kept)) / (m - 1))
        gained += m / len(x) * (2 * kept * m / (m - 1))
    return Null(CLASS, e_ind, gained)


def null_of_second_draw(x: torch.Tensor, y: torch.Tensor, second: torch.Tensor) -> Null:
    """E_ind = mean over i of |x_i - y'_i|^2; y' [N, D]: the student's for other noise."""
    x, y, second = (as_array(rows).astype(np.float64) for rows in (x, y, second))
    of_y, of_second = y - x, second - x
    gained = float(dots(of_second - of_y, of_second + of_y).mean())
    return Null(SECOND_DRAW, float(dots(of_second, of_second).mean()), gained)


def e_ot_within_classes(
    x: torch.Tensor,
    y: torch.Tensor,
    classes: Classes,
    solver: str,
    memory: int | None = None,
    watch: Watch | None = None,
) -> float:
    """The mean squared distance under the optimal pairing that keeps the class, certified."""
    partner = np.arange(len(x))
    for rows in classes.rows:
        if len(rows) > 1:
            own = rows.to(x.device)
            found = optimal_assignment(x[own], y[own], solver, memory=memory, watch=watch)
            partner[rows.numpy()] = rows.numpy()[found.assignment]
    return mean_sqdist(x, y[torch.from_numpy(partner).to(y.device)])


def single_words(classes: Classes) -> str:
    """The warning about classes of one sample; empty if there are none."""
    single = classes.single
    if len(single) == 0:
        return ""
    if classes.mostly_alone:
        n = len(classes.numbers)
        return (
            f"Of {n:,} samples {n - len(single):,} have another of their class, too few for an "
            "independent pairing within it: E_ind, the null, retention and concordance are "
            "undefined. Pass a second draw of the student for the same classes (independent)."
        )
    named = ", ".join(str(name) for name in single[:NAMED])
    if len(single) > NAMED:
        named += f" and {len(single) - NAMED:,} more"
    one = len(single) == 1
    return (
        f"{'Class' if one else 'Classes'} {named} of {len(classes.names):,} "
        f"{'has' if one else 'have'} a single sample and so no null: E_ind, the null, retention "
        "and concordance are of the other samples alone. A second draw of the student for the same "
        "classes (independent) would have all."
    )


SAME_DRAW = (
    "The second draw (independent) is the {}'s samples themselves; if its noise was to be "
    "fresh, the null, retention and concordance mean nothing."
)
