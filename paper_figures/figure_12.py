"""Figure 12: the teacher does not memorise (section 4.1.2)."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmdrepro.paper_figures.missing import draw_missing
from dmdrepro.paper_figures.page import Page, panel_title, title_height
from dmdrepro.paper_figures.run import Results, attempt, last_run
from dmdrepro.paper_figures.sampler import NONE
from dmdrepro.paper_figures.style import BLUE, COLUMN, RED, SMALL, styled
from dmdrepro.paper_figures.words import iterations, name_of, number
from dmdrepro.runs.results import Missing

NUMBER = 12
EXPERIMENTS = ("mnist",)
STUDENTS = NONE
# The paper's caption mis-sets the ratio (distances to G and Phi); section 4.1.2 has it right.
CAPTION = (
    "Unconditional MNIST, longest-trained teacher: memorisation ratio of its 8-step samples, the "
    "distance to the nearest training image over that to the second nearest. A sample left of the "
    "red dashed threshold would count as memorised."
)
EDGES = np.linspace(0.0, 1.0, 61)  # 1/3 is an edge


@styled
def draw(results: Results) -> Figure:
    """The figure, from the longest-trained teacher."""
    run = last_run(results, "mnist")
    page = Page(COLUMN + 0.25)
    page.space(title_height(2))
    (axes,) = page.row(1, left=0.5, gap=0.0, height=1.9)
    page.space(0.4)
    read = attempt(run, lambda run: (run.array("memorisation_ratio"), run.record("memorisation")))
    if isinstance(read, Missing):
        draw_missing(axes, read)
        return page.figure()
    ratio, record = read
    axes.hist(ratio, bins=EDGES, color=BLUE, linewidth=0)
    axes.set(xlim=(0, 1), ylabel="samples")
    axes.set_xlabel(r"$r=\|\Phi_8(z)-x^1\|\,/\,\|\Phi_8(z)-x^2\|$")
    axes.spines[["top", "right"]].set_visible(False)
    _draw_threshold(axes, record)
    panel_title(
        axes, name_of(run.experiment), f"teacher {iterations(run.snapshot)}", run.size_words
    )
    return page.figure()


def _draw_threshold(axes: Axes, record: dict) -> None:
    threshold = record["threshold"]
    axes.axvline(threshold, color=RED, lw=0.9, ls=(0, (4, 3)))
    words = "1/3" if abs(threshold - 1 / 3) < 1e-9 else number(threshold)
    lines = (
        f"{round(record['fraction'] * record['n']):,} of {record['n']:,}",
        f"below {words}",
        f"smallest {number(record['ratio_min'])}",
        f"median {number(record['ratio_median'])}",
    )
    axes.text(
        0.03, 0.97, "\n".join(lines), transform=axes.transAxes, fontsize=SMALL, va="top",
        linespacing=1.25,
    )  # fmt: skip
