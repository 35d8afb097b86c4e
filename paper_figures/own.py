"""The figure of an experiment that the paper does not have, by the kind of its samples."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.cloud import draw_grid_and_pca, draw_pca_row, draw_toy_row
from dmdrepro.paper_figures.heading import draw_groups
from dmdrepro.paper_figures.heatmap import draw_heatmaps
from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import Results, StudentRun, attempt
from dmdrepro.runs.results import Missing

POINTS = (
    "Noise, the teacher's 8-step and 1-step samples and the one-step student, the first two "
    "coordinates. A seed has one colour in all panels."
)
IMAGES = (
    "Thirty seeds; in rows the teacher's 1-step, 8-step and 32-step samples and the one-step "
    "student. Middle: samples in the plane of the two leading principal components of Phi_8."
)
DISTANCES = "Last: squared distances between teacher and student, red boxes the optimal pairing."


class Own:
    """A figure with what a module of the paper's figures has; `NUMBER` is a name here."""

    def __init__(self, experiment: str, images: bool) -> None:
        self.EXPERIMENTS, self.NUMBER = (experiment,), f"of {experiment}"
        self.CAPTION = f"{experiment}. {IMAGES if images else POINTS} {DISTANCES}"

    def draw(self, results: Results) -> Figure:
        """From the student of the longest-trained teacher."""
        return draw_groups(results, self.EXPERIMENTS, _draw_rows)


def _draw_rows(page: Page, run: StudentRun | Missing) -> None:
    """Grids of images or clouds, and a heat map."""
    shape = attempt(run, lambda run: run.samples("teacher_8").shape[1:])
    if not isinstance(shape, Missing) and len(shape) == 3:
        grey_or_colour = shape[0] in (1, 3)
        (draw_grid_and_pca if grey_or_colour else draw_pca_row)(page, run)
    elif isinstance(shape, Missing) or (len(shape) == 1 and shape[0] > 1):
        draw_toy_row(page, run)
    page.space(0.1)
    draw_heatmaps(page, run)
