"""The DM loss that distillation logged: at each stop, and does it rise, then fall (Figure 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dmdrepro.measures.chart import Chart, Line
from dmdrepro.measures.expected import CLAIMS, CLAIMS_OF
from dmdrepro.measures.measure import Measure, Quantity
from dmdrepro.measures.students import PLACE, Student
from dmdrepro.measures.table import SEVERAL_SEEDS, Table, over_seeds, seed_words
from dmdrepro.runs.log import thinned
from dmdrepro.runs.results import Result

if TYPE_CHECKING:
    import numpy as np

SHARE = 0.2  # of the iterations so far, over whose updates the loss is averaged
NOTE = (
    "DM loss: mean over the student's updates in the last fifth of the iterations so far. It "
    "compares the teacher with the fake score of that moment, so compare it within one experiment "
    "only. Empty: no log was kept, or there was no update yet."
)
WINDOW = 31  # generator updates of the running mean, at most; a thirtieth of a shorter run
FIRST = 3  # generator updates whose mean is the start
RISE = 1.25  # by how much the maximum must exceed start and end to count as a rise and a fall
MOST = 300  # points of a curve on the page


def dm_loss(result: Result, snapshot: int) -> tuple[np.ndarray, np.ndarray] | None:
    """(iterations, losses) of a student's generator updates, None if no log was kept."""
    # A missing log is not an error here; a damaged one is, and passes through.
    try:
        return result.losses(snapshot)["loss_dm"]
    except (FileNotFoundError, KeyError):
        return None


def loss_at(steps: np.ndarray, losses: np.ndarray, iterations: int) -> float | None:
    """Mean of the losses [n] of the last fifth before `iterations`; None before any update.

    `steps` [n]: each loss's iteration, ascending. A fifth without an update gives the last one
    before.
    """
    so_far = steps < iterations
    if not so_far.any():
        return None
    recent = so_far & (steps >= (1 - SHARE) * iterations)
    return float(losses[recent].mean() if recent.any() else losses[so_far][-1])


def losses_at(result: Result, snapshot: int, stops: Sequence[int]) -> list[Mapping]:
    """The DM loss at each of `stops` (iterations), None throughout if no log was kept."""
    curve = dm_loss(result, snapshot)
    return [{"loss_dm": None if curve is None else loss_at(*curve, stop)} for stop in stops]


def rise_and_fall(steps: np.ndarray, loss: np.ndarray) -> tuple[float, float, int, float]:
    """(start, maximum, its iteration, end) of a loss curve [n].

    Start: the mean of the first three updates. Maximum: of the running mean over a thirtieth of
    them, at most 31, so that an early hump is not averaged away. End: the last thirtieth's mean.
    """
    import numpy as np

    count = max(1, len(loss) // 30) | 1
    window = min(count, WINDOW)
    smooth = np.convolve(loss, np.full(window, 1 / window), "valid")
    top = int(smooth.argmax())
    start, end = loss[:FIRST].mean(), loss[-count:].mean()
    return float(start), float(smooth[top]), int(steps[top + window // 2]), float(end)


def found_of(student: Student) -> list[tuple[float, float, int, float]]:
    """`rise_and_fall` of each seed whose log is there."""
    curves = (dm_loss(result, student.snapshot) for result in student.results)
    return [rise_and_fall(*curve) for curve in curves if curve is not None]


def does_rise_and_fall(found: Sequence[tuple[float, float, int, float]]) -> list[bool]:
    """Of each, whether it does as Figure 4 says."""
    return [0 < top >= RISE * max(start, end) for start, top, _, end in found]


def table(students: Sequence[Student]) -> Table:
    """Does the DM loss first rise, then fall? One row for each student of unconditional MNIST."""
    rows = []
    for student in students:
        if student.experiment != CLAIMS_OF or not (found := found_of(student)):
            continue
        does = sum(does_rise_and_fall(found))
        answer = "yes" if does == len(found) else f"{does} of {len(found)}" if does else "no"
        values = map(over_seeds, zip(*found, strict=True))
        rows.append((*student.place, *values, answer, seed_words(student.seeds)))
    columns = (
        *(*PLACE, "start", "maximum", "at distillation iteration", "end"),
        *("rises, then falls", "seeds"),
    )
    notes = (
        f"The paper: {CLAIMS[4]}.",
        f"Maximum of a running mean over a thirtieth of the generator updates (at most {WINDOW}); "
        f"start: the first {FIRST} updates, end: the last thirtieth. Yes: the maximum is at least "
        f"{RISE} times both. The first loss is 0 by construction, the fake score being the "
        "teacher; what a run can fail to do is fall.",
        SEVERAL_SEEDS,
    )
    return Table("figure_4", "Figure 4: DM loss during distillation", columns, tuple(rows), notes)


def charts(students: Sequence[Student]) -> list[Chart]:
    """The whole logs of an experiment's students, thinned; none if no log was kept."""
    lines, note = [], ""
    for place, student in enumerate(students):
        of = f", teacher {student.snapshot:,}" if len(students) > 1 else ""
        for result in student.results:
            if (curve := dm_loss(result, student.snapshot)) is None:
                continue
            xs, ys = thinned(*curve, MOST)
            if len(xs) < len(curve[0]):
                note = "each point the mean of the updates about it"
            label, name = f"DM loss{of}, seed {result.seed}", f"{student.snapshot:,}"
            lines.append(Line(label, xs.tolist(), ys.tolist(), place, name=name))
    title = "DM loss"
    return [Chart(title, "distillation iteration", tuple(lines), note=note)] if lines else []


LOSS = Measure(
    "loss_dm",
    "DM loss",
    stops=losses_at,
    quantities=(
        Quantity(
            "DM loss",
            ("loss_dm",),
            "DM loss",
            "mean of the last fifth of the iterations so far",
            by=("iterations",),
            scale="log",
            about=NOTE,
            along=False,  # the whole log is drawn instead
        ),
    ),
    table=table,
    charts=charts,
    lack="No log of the DM loss was kept.",
)
