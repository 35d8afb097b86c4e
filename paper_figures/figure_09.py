"""Figure 9: longer-trained teachers are copied more (appendix B)."""

import numpy as np
from matplotlib.figure import Figure

from dmdrepro.paper_figures.distances import draw_distance_row
from dmdrepro.paper_figures.heading import draw_heading
from dmdrepro.paper_figures.image_grid import draw_image_rows
from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import Results, find, planned_snapshots, run_at
from dmdrepro.paper_figures.sampler import ALL
from dmdrepro.paper_figures.style import styled
from dmdrepro.paper_figures.words import iterations, name_of
from dmdrepro.runs.results import Missing

NUMBER = 9
EXPERIMENTS = ("mnist",)
STUDENTS = ALL
CAPTION = (
    "Unconditional MNIST, students of teachers trained for different lengths. Top: thirty seeds; "
    "in rows the teacher's 1-step and 8-step samples, the student, and the two training images "
    "nearest to the 8-step sample. Bottom: distance of the student to the 8-step sample against "
    "that of the 1-step sample, both divided by the square root of the number of pixels (1/32 for "
    "32x32 images); on the dashed diagonal the student has come no nearer."
)
PAPER = (1024, 2048, 4096, 8192)  # the teacher iterations shown in the paper
ROWS = ("teacher_1", "teacher_8", "student", "nearest", "second_nearest")


@styled
def draw(results: Results) -> Figure:
    """The figure, from up to four snapshots of the run."""
    page = Page()
    result = find(results, "mnist")
    if isinstance(result, Missing):
        runs = {0: result}
    else:
        runs = {s: run_at(result, s) for s in chosen(planned_snapshots(result))}
    for snapshot, run in runs.items():
        draw_heading(page, run, _title(snapshot))
        draw_image_rows(page, run, ROWS)
        page.space(0.14)

    panels = {_title(snapshot, short=True): run for snapshot, run in runs.items()}
    draw_distance_row(page, panels, gap=0.3, widest=1.9, shared=True)
    return page.figure()


def chosen(snapshots: tuple[int, ...], count: int = 4) -> tuple[int, ...]:
    """The paper's four if the run has them, else up to four, first and last included."""
    if set(PAPER) <= set(snapshots):
        return PAPER
    if len(snapshots) <= count:
        return snapshots
    places = np.rint(np.linspace(0, len(snapshots) - 1, count)).astype(int)
    return tuple(snapshots[i] for i in places)


def _title(snapshot: int, short: bool = False) -> str:
    if not snapshot:  # no run, so no teacher
        return name_of("mnist")
    words = f"teacher {iterations(snapshot)}"
    return words if short else f"{name_of('mnist')}, {words}"
