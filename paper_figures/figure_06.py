"""Figure 6: samples on the conditional data sets (appendix A)."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.heading import draw_heading
from dmdrepro.paper_figures.image_grid import draw_image_rows
from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import Results, last_run
from dmdrepro.paper_figures.style import styled

NUMBER = 6
EXPERIMENTS = ("mnist-conditional", "imagenet64", "mlp-manifold")
CAPTION = (
    "Conditional MNIST, conditional ImageNet-64 and the conditional MLP manifold. Thirty seeds "
    "with random classes; in rows the teacher's 1-step, 8-step and 32-step samples and the "
    "one-step student."
)


@styled
def draw(results: Results) -> Figure:
    """The figure, from the students of the longest-trained teachers."""
    page = Page()
    for i, experiment in enumerate(EXPERIMENTS):
        page.space(0.14 if i else 0.0)
        run = last_run(results, experiment)
        draw_heading(page, run)
        draw_image_rows(page, run, ("teacher_1", "teacher_8", "teacher_32", "student"))
    return page.figure()
