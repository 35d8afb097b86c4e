"""Figure 1: copying on unconditional MNIST (section 3)."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.cloud import draw_grid_and_pca
from dmdrepro.paper_figures.heading import draw_groups
from dmdrepro.paper_figures.run import Results

NUMBER = 1
EXPERIMENTS = ("mnist",)
CAPTION = (
    "Unconditional MNIST. Top: thirty seeds; in rows the teacher's 1-step, 8-step and 32-step "
    "samples and the one-step student. Bottom: the first 2,000 samples (all, if fewer "
    "were drawn) in the plane of the two leading principal components of the teacher's 8-step "
    "samples; a seed has one colour in all panels."
)


def draw(results: Results) -> Figure:
    """The figure, from the student of the longest-trained teacher."""
    return draw_groups(results, EXPERIMENTS, draw_grid_and_pca)
