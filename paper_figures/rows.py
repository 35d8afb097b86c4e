"""The figures that are rows of panels: eight of the paper's, and a user's own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from dmdrepro.paper_figures.cloud import draw_grid_and_pca, draw_pca_row, draw_toy_row
from dmdrepro.paper_figures.distances import draw_distance_row
from dmdrepro.paper_figures.heading import draw_heading
from dmdrepro.paper_figures.heatmap import draw_heatmaps
from dmdrepro.paper_figures.image_grid import draw_grid
from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import (
    Results,
    StudentRun,
    attempt,
    find,
    last_run,
    planned_snapshots,
    run_at,
)
from dmdrepro.paper_figures.sampler import ALL, LAST
from dmdrepro.paper_figures.style import styled
from dmdrepro.paper_figures.words import name_of
from dmdrepro.runs.results import Missing

Fill = Callable[[Page, Results, Sequence[str]], None]


@dataclass(frozen=True)
class Rows:
    """A figure with what a module of the paper's figures has."""

    NUMBER: int | str  # `of <experiment>`, if the paper has none
    EXPERIMENTS: tuple[str, ...]
    fill: Fill  # draws the experiments' results below what is on the page
    CAPTION: str
    STUDENTS: str = LAST

    @styled
    def draw(self, results: Results) -> Figure:
        """The figure, from the students of the longest-trained teachers or of all."""
        page = Page()
        self.fill(page, results, self.EXPERIMENTS)
        return page.figure()


def _below_headings(
    draw_rows: Callable[[Page, StudentRun | Missing], None], gap: float = 0.1
) -> Fill:
    """Each experiment's rows below its heading; `gap`: inches between experiments."""

    def fill(page: Page, results: Results, experiments: Sequence[str]) -> None:
        for i, experiment in enumerate(experiments):
            page.space(gap if i else 0.0)
            run = last_run(results, experiment)
            draw_heading(page, run)
            draw_rows(page, run)

    return fill


def _heatmaps(page: Page, results: Results, experiments: Sequence[str]) -> None:
    draw_heatmaps(page, *(last_run(results, name) for name in experiments))


def _first_and_last(page: Page, results: Results, experiments: Sequence[str]) -> None:
    """Heat maps of a run's first and last snapshot."""
    result = find(results, experiments[0])
    if isinstance(result, Missing):
        draw_heatmaps(page, result, result)
        return
    first, *others = planned_snapshots(result)
    if others:
        draw_heatmaps(page, run_at(result, first), run_at(result, others[-1]))
        return
    lack = Missing(experiments[0], "this run has one teacher snapshot; a second is needed here")
    draw_heatmaps(page, lack, run_at(result, first))


def _distances(page: Page, results: Results, experiments: Sequence[str]) -> None:
    runs = {name_of(name): last_run(results, name) for name in experiments}
    draw_distance_row(page, runs, gap=0.4, widest=2.4, shared=False)


# fmt: off
CONDITIONAL = ("mnist-conditional", "imagenet64", "mlp-manifold")
ROWS = (
    # Section 3: copying on unconditional MNIST; section 3.3: remapping on the chessboard.
    Rows(1, ("mnist",), _below_headings(draw_grid_and_pca),
         "Unconditional MNIST. Top: thirty seeds; in rows the teacher's 1-step, 8-step and 32-step "
         "samples and the one-step student. Bottom: the first 2,000 samples (all, if fewer "
         "were drawn) in the plane of the two leading principal components of the teacher's "
         "8-step samples; a seed has one colour in all panels."),
    Rows(2, ("chessboard",), _below_headings(draw_toy_row),
         "Chessboard in the first two of four coordinates. From left to right: the initial noise, "
         "the teacher's 8-step and 1-step samples, the one-step student. A seed has one colour in "
         "all panels: hue from its noise's direction, strength from its length."),
    # Section 3.4: remapping beside copying, as distances.
    Rows(3, ("chessboard", "mnist"), _heatmaps,
         "Squared L2 distances between the first hundred teacher samples (horizontal) and student "
         "samples (vertical), chessboard (left) and unconditional MNIST (right). Red boxes: the "
         "optimal pairing of these hundred; the diagonal is the distillation pairing. The numbers "
         "above are of all N samples. Each panel has a colour scale of its own."),
    # Appendix A.
    Rows(5, ("moons", "ring"), _below_headings(draw_toy_row),
         "Double moons (top) and a ring of Gaussians (bottom) in R^4, first two coordinates. From "
         "left to right: the initial noise, the teacher's 8-step and 1-step samples, the one-step "
         "student. A seed has one colour in all panels of its row."),
    Rows(6, CONDITIONAL, _below_headings(draw_grid, gap=0.14),
         "Conditional MNIST, conditional ImageNet-64 and the conditional MLP manifold. Thirty "
         "seeds with random classes; in rows the teacher's 1-step, 8-step and 32-step samples and "
         "the one-step student."),
    Rows(7, CONDITIONAL, _below_headings(draw_pca_row),
         "Conditional MNIST, conditional ImageNet-64 and the conditional MLP manifold: the "
         "teacher's 8-step and 1-step samples and the student in the plane of the two leading "
         "principal components of the 8-step samples. A seed has one colour in all panels of its "
         "row."),
    Rows(8, CONDITIONAL, _distances,
         "Distance of the student to the teacher's 8-step sample against that of the teacher's "
         "1-step sample, from which the student started: conditional MNIST, conditional "
         "ImageNet-64, conditional MLP manifold. Both axes are divided by the square root of the "
         "number of values in an image, and each panel has a scale of its own; on the dashed "
         "diagonal the student has come no nearer."),
    # Appendix B. The paper's caption says L2 distances; Figure 3's says squared L2.
    Rows(10, ("mnist",), _first_and_last,
         "Squared L2 distances between the first hundred teacher samples (horizontal) and student "
         "samples (vertical), unconditional MNIST, for the shortest-trained (left) and the "
         "longest-trained teacher (right). Red boxes: the optimal pairing of these hundred; the "
         "diagonal is the distillation pairing. The numbers above are of all N samples. "
         "Each panel has a colour scale of its own.", ALL),
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
    return Rows(f"of {experiment}", (experiment,), _below_headings(_draw_own), caption)


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
