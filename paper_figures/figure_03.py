"""Figure 3: remapping on the chessboard beside copying on MNIST, as distances (section 3.4)."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.heatmap import draw_heatmaps
from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import Results, last_run
from dmdrepro.paper_figures.style import styled

NUMBER = 3
EXPERIMENTS = ("chessboard", "mnist")
CAPTION = (
    "Squared L2 distances between the first hundred teacher samples (horizontal) and student "
    "samples (vertical), chessboard (left) and unconditional MNIST (right). Red boxes: the optimal "
    "pairing of these hundred; the diagonal is the distillation pairing. The numbers above are of "
    "all N samples. Each panel has a colour scale of its own."
)


@styled
def draw(results: Results) -> Figure:
    """The figure, from the students of the longest-trained teachers."""
    page = Page()
    draw_heatmaps(page, last_run(results, "chessboard"), last_run(results, "mnist"))
    return page.figure()
