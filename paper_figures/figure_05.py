"""Figure 5: remapping on the double moons and on a ring of Gaussians (appendix A)."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.cloud import draw_toy_row
from dmdrepro.paper_figures.heading import draw_groups
from dmdrepro.paper_figures.run import Results

NUMBER = 5
EXPERIMENTS = ("moons", "ring")
CAPTION = (
    "Double moons (top) and a ring of Gaussians (bottom) in R^4, first two coordinates. From left "
    "to right: the initial noise, the teacher's 8-step and 1-step samples, the one-step student. "
    "A seed has one colour in all panels of its row."
)


def draw(results: Results) -> Figure:
    """The figure, from the students of the longest-trained teachers."""
    return draw_groups(results, EXPERIMENTS, draw_toy_row)
