"""Figure 6: samples on the conditional data sets (appendix A)."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.heading import draw_groups
from dmdrepro.paper_figures.image_grid import draw_grid
from dmdrepro.paper_figures.run import Results

NUMBER = 6
EXPERIMENTS = ("mnist-conditional", "imagenet64", "mlp-manifold")
CAPTION = (
    "Conditional MNIST, conditional ImageNet-64 and the conditional MLP manifold. Thirty seeds "
    "with random classes; in rows the teacher's 1-step, 8-step and 32-step samples and the "
    "one-step student."
)


def draw(results: Results) -> Figure:
    """The figure, from the students of the longest-trained teachers."""
    return draw_groups(results, EXPERIMENTS, draw_grid, gap=0.14)
