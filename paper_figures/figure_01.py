"""Figure 1: copying on unconditional MNIST (section 3)."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.cloud import draw_pca_row
from dmdrepro.paper_figures.heading import draw_heading
from dmdrepro.paper_figures.image_grid import draw_image_rows
from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import Results, last_run
from dmdrepro.paper_figures.style import styled

NUMBER = 1
EXPERIMENTS = ("mnist",)
CAPTION = (
    "Unconditional MNIST. Top: thirty seeds; in rows the teacher's 1-step, 8-step and 32-step "
    "samples and the one-step student. Bottom: the first 2,000 samples (all, where fewer "
    "were drawn) in the plane of the two leading principal components of the teacher's 8-step "
    "samples; a seed has one colour in all panels."
)


@styled
def draw(results: Results) -> Figure:
    """The figure, from the student of the longest-trained teacher."""
    run = last_run(results, "mnist")
    page = Page()
    draw_heading(page, run)
    draw_image_rows(page, run, ("teacher_1", "teacher_8", "teacher_32", "student"))
    page.space(0.1)
    draw_pca_row(page, run)
    return page.figure()
