"""The numbers behind Figures 4, 11 and 12, and the teachers' error where it can be known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dmdrepro.report.expected import CLAIMS, CLAIMS_OF
from dmdrepro.report.students import Student, as_number, lookup
from dmdrepro.report.table import SEVERAL_SEEDS, Band, Cell, Table, over_seeds, seed_words

WINDOWS = 30  # the curve is smoothed over a thirtieth of its updates
RISE = 1.1  # by how much the maximum must exceed an end to count as a rise or a fall


def rise_and_fall(steps: np.ndarray, loss: np.ndarray) -> tuple[float, float, int, float]:
    """(start, maximum, its iteration, end) of the curve [n] smoothed by a running mean.

    The mean takes n/30 updates (at least one, an odd number); only whole windows count, so start
    and end are the means of the first and the last one.
    """
    count = max(1, len(loss) // WINDOWS) | 1
    smooth = np.convolve(loss, np.full(count, 1 / count), "valid")
    top = int(smooth.argmax())
    return float(smooth[0]), float(smooth[top]), int(steps[top + count // 2]), float(smooth[-1])


def figure_4_table(students: Sequence[Student]) -> Table:
    """Does the DM loss first rise, then fall? One row for each student of unconditional MNIST."""
    rows = []
    for student in students:
        if student.experiment != CLAIMS_OF:
            continue
        curves = [c for c in (_dm_loss(r, student.snapshot) for r in student.results) if c]
        if not curves:
            continue
        found = [rise_and_fall(*curve) for curve in curves]
        does = sum(top >= RISE * max(start, end) for start, top, _, end in found)
        start, top, at, end = (over_seeds(values) for values in zip(*found, strict=True))
        answer = "yes" if does == len(found) else "no" if not does else f"{does} of {len(found)}"
        rows.append(
            (
                student.experiment,
                student.size_words,
                student.snapshot,
                *(start, top, at, end, answer),
                seed_words(student.seeds),
            )
        )
    columns = (
        "experiment",
        "size",
        "teacher iterations",
        "start",
        "maximum",
        "at distillation iteration",
        "end",
        "rises, then falls",
        "seeds",
    )
    notes = (
        f"The paper: {CLAIMS[4]}.",
        "Running mean of a thirtieth of the generator updates; start and end are its first and "
        f"last values. Yes: the maximum is at least {RISE} times both. The first loss is 0 by "
        "construction, the fake score being the teacher; what a run can fail to do is fall.",
        SEVERAL_SEEDS,
    )
    return Table("figure_4", "Figure 4: DM loss during distillation", columns, tuple(rows), notes)


def _dm_loss(result, snapshot: int) -> tuple[np.ndarray, np.ndarray] | None:
    # A log that is not kept is no error here; a damaged one is, and passes through.
    try:
        return result.losses(snapshot)["loss_dm"]
    except (FileNotFoundError, KeyError):
        return None


def figures_11_12_table(students: Sequence[Student]) -> Table:
    """Boundary effect and memorisation, of the longest-trained teacher as in the figures."""
    rows: list[tuple[Cell, ...]] = []
    last = {student.experiment: student for student in students}
    for student in last.values():
        one = len(student.seeds) == 1
        level = student.cell("boundary", "level")
        for kind in ("pearson", "spearman"):
            value = student.cell("boundary", kind, "value")
            if value is None:
                continue
            if one:
                low, high = (student.cell("boundary", kind, end) for end in ("low", "high"))
                value = Band(value, low, high)
            what = f"{kind.capitalize()} coefficient of displacement and distance"
            meaning = f"{level:.0%} interval" if one else "smallest and largest of the seeds"
            rows.append(_figure_row(student, 11, what, value, meaning))
        threshold = as_number(lookup(student.records[0], ("memorisation", "threshold")))
        for key, what in (
            ("fraction", "memorised fraction"),
            ("ratio_min", "smallest distance ratio"),
            ("ratio_median", "median distance ratio"),
        ):
            value = student.cell("memorisation", key)
            if value is not None:
                if key == "fraction" and threshold is not None:
                    what = f"{what} (ratio below {threshold:.3g})"
                meaning = "" if one else "smallest and largest of the seeds"
                rows.append(_figure_row(student, 12, what, value, meaning))
    columns = (
        "figure",
        "experiment",
        "size",
        "teacher iterations",
        "quantity",
        "paper",
        "ours",
        "brackets",
        "seeds",
    )
    notes = (
        "Figure 11: displacement |G - Phi_8| - |Phi_1 - Phi_8| against the mean distance D(z) of "
        "Phi_8(z) to the training set. Figure 12: nearest over second-nearest training distance "
        "of Phi_8(z).",
        SEVERAL_SEEDS,
    )
    title = "Figures 11 and 12: boundary effect and memorisation"
    return Table("figures_11_12", title, columns, tuple(rows), notes)


def _figure_row(student: Student, figure: int, what: str, value: Cell, meaning: str) -> tuple:
    paper = CLAIMS[figure] if student.experiment == CLAIMS_OF else "not shown"
    seeds = seed_words(student.seeds)
    place = (student.experiment, student.size_words, student.snapshot)
    return (figure, *place, what, paper, value, meaning, seeds)


def teacher_error_table(students: Sequence[Student]) -> Table:
    """The trained teachers against the exact denoisers of the toys, by noise level."""
    known = [s for s in students if lookup(s.records[0], ("denoiser_error", "sigma"))]
    levels = sorted({sigma for s in known for sigma in s.records[0]["denoiser_error"]["sigma"]})
    rows = []
    for student in known:
        curves = []
        for record in student.records:
            error = record.get("denoiser_error") or {}
            pairs = zip(error.get("sigma", ()), error.get("relative_error", ()), strict=True)
            curves.append(dict(pairs))
        cells = [over_seeds([as_number(curve.get(level)) for curve in curves]) for level in levels]
        place = (student.experiment, student.size_words, student.snapshot)
        rows.append((*place, *cells, seed_words(student.seeds)))
    columns = (
        "experiment",
        "size",
        "teacher iterations",
        *(f"sigma {level:g}" for level in levels),
        "seeds",
    )
    notes = (
        "E|D - D*|^2 / E|x0 - D*|^2 with D* the exact denoiser: a value e says that the teacher's "
        "denoising loss is (1 + e) times the smallest possible one. Not in the paper.",
        SEVERAL_SEEDS,
    )
    title = "Teachers against the exact denoiser"
    return Table("teacher_error", title, columns, tuple(rows), notes)
