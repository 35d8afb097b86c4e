"""Figure 8: strength of copying on the conditional data sets (appendix A)."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.distances import draw_distance_row
from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import Results, last_run
from dmdrepro.paper_figures.style import styled
from dmdrepro.paper_figures.words import name_of

NUMBER = 8
EXPERIMENTS = ("mnist-conditional", "imagenet64", "mlp-manifold")
CAPTION = (
    "Distance of the student to the teacher's 8-step sample against that of the teacher's 1-step "
    "sample, from which the student started: conditional MNIST, conditional ImageNet-64, "
    "conditional MLP manifold. Both axes are divided by the square root of the number of values "
    "in an image, and each panel has a scale of its own; on the dashed diagonal the student has "
    "come no nearer."
)


@styled
def draw(results: Results) -> Figure:
    """The figure, from the students of the longest-trained teachers."""
    page = Page()
    runs = {name_of(name): last_run(results, name) for name in EXPERIMENTS}
    draw_distance_row(page, runs, gap=0.4, widest=2.4, shared=False)
    return page.figure()
