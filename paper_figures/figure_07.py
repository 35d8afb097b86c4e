"""Figure 7: the noise-data pairing on the conditional data sets (appendix A)."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.cloud import draw_pca_row
from dmdrepro.paper_figures.heading import draw_groups
from dmdrepro.paper_figures.run import Results

NUMBER = 7
EXPERIMENTS = ("mnist-conditional", "imagenet64", "mlp-manifold")
CAPTION = (
    "Conditional MNIST, conditional ImageNet-64 and the conditional MLP manifold: the teacher's "
    "8-step and 1-step samples and the student in the plane of the two leading principal "
    "components of the 8-step samples. A seed has one colour in all panels of its row."
)


def draw(results: Results) -> Figure:
    """The figure, from the students of the longest-trained teachers."""
    return draw_groups(results, EXPERIMENTS, draw_pca_row)
