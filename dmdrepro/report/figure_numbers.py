"""The numbers behind Figures 4, 11 and 12, and the teachers' error where it can be known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dmdrepro.report.expected import CLAIMS, CLAIMS_OF
from dmdrepro.report.nulls import repaired_words
from dmdrepro.report.students import Student, as_number, lookup
from dmdrepro.report.table import SEVERAL_SEEDS, Band, Cell, Table, over_seeds, seed_words
from dmdrepro.runs.results import Result

WINDOW = 31  # generator updates of the running mean, at most; a thirtieth of a shorter run
FIRST = 3  # generator updates whose mean is the start
RISE = 1.25  # by how much the maximum must exceed start and end to count as a rise and a fall


def rise_and_fall(steps: np.ndarray, loss: np.ndarray) -> tuple[float, float, int, float]:
    """(start, maximum, its iteration, end) of a loss curve [n].

    Start: the mean of the first three updates. Maximum: of the running mean over a thirtieth of
    the updates, 31 of them at most, so that the hump of a long run's first hundreds of iterations
    is not averaged away. End: the mean of the last thirtieth of the updates.
    """
    count = max(1, len(loss) // 30) | 1
    window = min(count, WINDOW)
    smooth = np.convolve(loss, np.full(window, 1 / window), "valid")
    top = int(smooth.argmax())
    start, end = loss[:FIRST].mean(), loss[-count:].mean()
    return float(start), float(smooth[top]), int(steps[top + window // 2]), float(end)


def does_rise_and_fall(student: Student) -> list[bool]:
    """Of each seed whose log is there, whether its DM loss does as Figure 4 says."""
    curves = [c for c in (dm_loss(r, student.snapshot) for r in student.results) if c]
    return [_rises_and_falls(*rise_and_fall(*curve)) for curve in curves]


def _rises_and_falls(start: float, top: float, at: int, end: float) -> bool:
    return top >= RISE * max(start, end)


def figure_4_table(students: Sequence[Student]) -> Table:
    """Does the DM loss first rise, then fall? One row for each student of unconditional MNIST."""
    rows = []
    for student in students:
        if student.experiment != CLAIMS_OF:
            continue
        curves = [c for c in (dm_loss(r, student.snapshot) for r in student.results) if c]
        if not curves:
            continue
        found = [rise_and_fall(*curve) for curve in curves]
        does = sum(_rises_and_falls(*values) for values in found)
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
        f"Maximum of a running mean over a thirtieth of the generator updates (at most {WINDOW}); "
        f"start: the first {FIRST} updates, end: the last thirtieth. Yes: the maximum is at least "
        f"{RISE} times both. The first loss is 0 by construction, the fake score being the "
        "teacher; what a run can fail to do is fall.",
        SEVERAL_SEEDS,
    )
    return Table("figure_4", "Figure 4: DM loss during distillation", columns, tuple(rows), notes)


def dm_loss(result: Result, snapshot: int) -> tuple[np.ndarray, np.ndarray] | None:
    """(iterations, losses) of a student's generator updates, None where no log was kept."""
    # A log that is not kept is no error here; a damaged one is, and passes through.
    try:
        return result.losses(snapshot)["loss_dm"]
    except (FileNotFoundError, KeyError):
        return None


BOUNDARY_ROWS = {
    "pearson": "Pearson coefficient of displacement and D(z)",
    "spearman": "Spearman coefficient of displacement and D(z)",
    "pearson_student": "Pearson coefficient of |G - Phi_8| and D(z)",
    "pearson_student_repaired": "Pearson coefficient of |G - Phi_8| and D(z), students re-paired",
    "pearson_start": "Pearson coefficient of -|Phi_1 - Phi_8| and D(z)",
    "pearson_repaired": "Pearson coefficient of displacement and D(z), students re-paired",
}


def figures_11_12_table(students: Sequence[Student]) -> Table:
    """Boundary effect and memorisation, of the longest-trained teacher as in the figures."""
    rows: list[tuple[Cell, ...]] = []
    last = {student.experiment: student for student in students}
    for student in last.values():
        one = len(student.seeds) == 1
        level = student.cell("boundary", "level")
        for kind, what in BOUNDARY_ROWS.items():
            value = student.cell("boundary", kind, "value")
            if value is None:
                continue
            if one:
                low, high = (student.cell("boundary", kind, end) for end in ("low", "high"))
                value = Band(value, low, high)
            if what.endswith("re-paired"):
                what += repaired_words(student)
            meaning = f"{level:.0%} interval" if one else "smallest and largest of the seeds"
            claimed = kind in ("pearson", "spearman")
            rows.append(_figure_row(student, 11, what, value, meaning, claimed))
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
        "Phi_8(z) to the training set (for the MLP manifold, which has none, to draws of its "
        "data). Phi_1 is near the data's mean, so its part of the displacement falls with D(z) "
        "whatever the student does: the displacement correlates negatively by construction. And a "
        "sample far from the data is far from every sample: students re-paired (where teacher and "
        "student are told the class, within it). Samples far from the data are copied more closely "
        "only where |G - Phi_8| alone correlates negatively. "
        "Figure 12: nearest over second-nearest training distance of Phi_8(z).",
        SEVERAL_SEEDS,
    )
    title = "Figures 11 and 12: boundary effect and memorisation"
    return Table("figures_11_12", title, columns, tuple(rows), notes)


def _figure_row(
    student: Student, figure: int, what: str, value: Cell, meaning: str, claimed: bool = True
) -> tuple:
    paper = CLAIMS[figure] if claimed and student.experiment == CLAIMS_OF else "not shown"
    seeds = seed_words(student.seeds)
    place = (student.experiment, student.size_words, student.snapshot)
    return (figure, *place, what, paper, value, meaning, seeds)


ERRORS = {"relative_error": "loss over the best loss", "relative_to_signal": "error over signal"}


def teacher_error_table(students: Sequence[Student]) -> Table:
    """The trained teachers against the exact denoisers of the toys, by noise level."""
    known = [s for s in students if lookup(s.records[0], ("denoiser_error", "sigma"))]
    levels = sorted({sigma for s in known for sigma in s.records[0]["denoiser_error"]["sigma"]})
    rows = []
    for student in known:
        errors = [record.get("denoiser_error") or {} for record in student.records]
        for key, what in ERRORS.items():
            curves = [
                dict(zip(error.get("sigma", ()), error.get(key, ()), strict=False))
                for error in errors
            ]
            cells = [over_seeds([as_number(c.get(level)) for c in curves]) for level in levels]
            place = (student.experiment, student.size_words, student.snapshot, what)
            rows.append((*place, *cells, seed_words(student.seeds)))
    columns = (
        "experiment",
        "size",
        "teacher iterations",
        "quantity",
        *(f"sigma {level:g}" for level in levels),
        "seeds",
    )
    notes = (
        "D* is the exact denoiser. Loss over the best loss: E|D - D*|^2 / E|x0 - D*|^2, by which "
        "the denoising loss exceeds the smallest possible one. Error over signal: "
        "Var(D - D*) / Var(D*); above 1 the teacher's output varies more by error than by its "
        "input. At sigma 80 that is the student's start. Not in the paper.",
        SEVERAL_SEEDS,
    )
    title = "Teachers against the exact denoiser"
    return Table("teacher_error", title, columns, tuple(rows), notes)
