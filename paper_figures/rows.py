"""The figures that are rows of panels below headings: five of the paper's, and a user's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from dmdrepro.paper_figures.cloud import draw_grid_and_pca, draw_pca_row, draw_toy_row
from dmdrepro.paper_figures.heading import draw_heading
from dmdrepro.paper_figures.heatmap import draw_heatmaps
from dmdrepro.paper_figures.image_grid import draw_grid
from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import Results, StudentRun, attempt, last_run
from dmdrepro.paper_figures.style import styled
from dmdrepro.runs.results import Missing


@dataclass(frozen=True)
class Rows:
    """A figure with what a module of the paper's figures has."""

    NUMBER: int | str  # `of <experiment>`, if the paper has none
    EXPERIMENTS: tuple[str, ...]
    draw_rows: Callable[[Page, StudentRun | Missing], None]
    CAPTION: str
    gap: float = 0.1  # inches between experiments

    @styled
    def draw(self, results: Results) -> Figure:
        """Each experiment's heading and rows, from the student of its longest-trained teacher."""
        page = Page()
        for i, experiment in enumerate(self.EXPERIMENTS):
            page.space(self.gap if i else 0.0)
            run = last_run(results, experiment)
            draw_heading(page, run)
            self.draw_rows(page, run)
        return page.figure()


# fmt: off
CONDITIONAL = ("mnist-conditional", "imagenet64", "mlp-manifold")
ROWS = (
    # Section 3: copying on unconditional MNIST; section 3.3: remapping on the chessboard.
    Rows(1, ("mnist",), draw_grid_and_pca,
         "Unconditional MNIST. Top: thirty seeds; in rows the teacher's 1-step, 8-step and 32-step "
         "samples and the one-step student. Bottom: the first 2,000 samples (all, if fewer "
         "were drawn) in the plane of the two leading principal components of the teacher's "
         "8-step samples; a seed has one colour in all panels."),
    Rows(2, ("chessboard",), draw_toy_row,
         "Chessboard in the first two of four coordinates. From left to right: the initial noise, "
         "the teacher's 8-step and 1-step samples, the one-step student. A seed has one colour in "
         "all panels: hue from its noise's direction, strength from its length."),
    # Appendix A.
    Rows(5, ("moons", "ring"), draw_toy_row,
         "Double moons (top) and a ring of Gaussians (bottom) in R^4, first two coordinates. From "
         "left to right: the initial noise, the teacher's 8-step and 1-step samples, the one-step "
         "student. A seed has one colour in all panels of its row."),
    Rows(6, CONDITIONAL, draw_grid,
         "Conditional MNIST, conditional ImageNet-64 and the conditional MLP manifold. Thirty "
         "seeds with random classes; in rows the teacher's 1-step, 8-step and 32-step samples and "
         "the one-step student.", gap=0.14),
    Rows(7, CONDITIONAL, draw_pca_row,
         "Conditional MNIST, conditional ImageNet-64 and the conditional MLP manifold: the "
         "teacher's 8-step and 1-step samples and the student in the plane of the two leading "
         "principal components of the 8-step samples. A seed has one colour in all panels of its "
         "row."),
)
POINTS = (
    "Noise, the teacher's 8-step and 1-step samples and the one-step student, the first two "
    "coordinates. A seed has one colour in all panels.")
IMAGES = (
    "Thirty seeds; in rows the teacher's 1-step, 8-step and 32-step samples and the one-step "
    "student. Middle: samples in the plane of the two leading principal components of Phi_8.")
DISTANCES = "Last: squared distances between teacher and student, red boxes the optimal pairing."
# fmt: on


def own_rows(experiment: str, images: bool) -> Rows:
    """The figure of an experiment that the paper does not have, by the kind of its samples."""
    caption = f"{experiment}. {IMAGES if images else POINTS} {DISTANCES}"
    return Rows(f"of {experiment}", (experiment,), _draw_own, caption)


def _draw_own(page: Page, run: StudentRun | Missing) -> None:
    """Grids of images or clouds, and a heat map."""
    shape = attempt(run, lambda run: run.samples("teacher_8").shape[1:])
    if not isinstance(shape, Missing) and len(shape) == 3:
        grey_or_colour = shape[0] in (1, 3)
        (draw_grid_and_pca if grey_or_colour else draw_pca_row)(page, run)
    elif isinstance(shape, Missing) or (len(shape) == 1 and shape[0] > 1):
        draw_toy_row(page, run)
    page.space(0.1)
    draw_heatmaps(page, run)
