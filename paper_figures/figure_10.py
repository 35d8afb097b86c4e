"""Figure 10: longer-trained teachers are copied more, as distances (appendix B)."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.heatmap import draw_heatmaps
from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import Results, find, planned_snapshots, run_at
from dmdrepro.paper_figures.sampler import ALL
from dmdrepro.paper_figures.style import styled
from dmdrepro.runs.results import Missing

NUMBER = 10
EXPERIMENTS = ("mnist",)
STUDENTS = ALL
# The paper's caption says L2 distances; Figure 3's says squared L2. Both show squared ones here.
CAPTION = (
    "Squared L2 distances between the first hundred teacher samples (horizontal) and student "
    "samples (vertical), unconditional MNIST, for the shortest-trained (left) and the "
    "longest-trained teacher (right). Red boxes: the optimal pairing of these hundred; the "
    "diagonal is the distillation pairing. The numbers above are of all N samples. "
    "Each panel has a colour scale of its own."
)


@styled
def draw(results: Results) -> Figure:
    """The figure, from the run's first and last snapshot."""
    page = Page()
    result = find(results, "mnist")
    if isinstance(result, Missing):
        draw_heatmaps(page, result, result)
        return page.figure()
    snapshots = planned_snapshots(result)
    left = run_at(result, snapshots[0])
    if len(snapshots) == 1:
        left = Missing("mnist", "this run has one teacher snapshot; a second is needed here")
    draw_heatmaps(page, left, run_at(result, snapshots[-1]))
    return page.figure()
