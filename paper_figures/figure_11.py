"""Figure 11: the student's displacement against the distance to the data (section 4.2.1)."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dmdrepro.paper_figures.missing import draw_missing
from dmdrepro.paper_figures.page import Page, panel_title, title_height
from dmdrepro.paper_figures.run import Results, attempt, last_run
from dmdrepro.paper_figures.style import BLUE, COLUMN, INK, RED, SMALL, styled
from dmdrepro.paper_figures.ticks import whole_numbers
from dmdrepro.paper_figures.words import iterations, name_of, share
from dmdrepro.runs.results import Missing

NUMBER = 11
EXPERIMENTS = ("mnist",)
# The paper's caption drops the G in delta; section 4.2.1 has it.
CAPTION = (
    "Unconditional MNIST, longest-trained teacher: how much nearer to the teacher's 8-step sample "
    "the student is than the 1-step sample was, against the 8-step sample's mean distance to the "
    "training set. Below the red dashed line the student came nearer. The 1-step sample is near "
    "the data's mean, so part of the correlation is there whatever the student does: the "
    "coefficients for its distance and the student's alone stand below."
)


@styled
def draw(results: Results) -> Figure:
    """The figure, from the student of the longest-trained teacher."""
    run = last_run(results, "mnist")
    page = Page(COLUMN + 0.25)
    page.space(title_height(2))
    (axes,) = page.row(1, left=0.66, gap=0.0, height=2.6)
    page.space(0.38)
    read = attempt(run, lambda run: (run.array("mean_distance"), run.array("displacement")))
    if isinstance(read, Missing):
        draw_missing(axes, read)
        return page.figure()
    distance, displacement = read
    size = float(np.clip(5000 / len(distance), 3.0, 14.0))
    axes.scatter(
        distance, displacement, s=size, color=BLUE, alpha=0.5, linewidths=0, rasterized=True
    )
    axes.axhline(0.0, color=RED, lw=0.9, ls=(0, (4, 3)))
    axes.spines[["top", "right"]].set_visible(False)
    whole_numbers(axes.yaxis)
    axes.set_xlabel(r"$D(z)$, mean distance of $\Phi_8(z)$ to the training set")
    axes.set_ylabel(r"$\delta(z)=\|G(z)-\Phi_8(z)\|-\|\Phi_1(z)-\Phi_8(z)\|$", fontsize=SMALL + 0.5)
    panel_title(
        axes, name_of(run.experiment), f"teacher {iterations(run.snapshot)}", run.size_words
    )
    _draw_correlations(axes, attempt(run, lambda run: run.record("boundary")))
    return page.figure()


def correlation_lines(boundary: dict) -> list[str]:
    """Coefficients with their intervals, what else goes with D(z), and what the intervals are."""
    lines = [f"{name} {_interval(boundary[key])}" for name, key in _OF_DISPLACEMENT]
    alone = [f"{name}: {_interval(boundary[key])}" for name, key in _ALONE]
    last = f"{boundary['level']:.0%} intervals, n = {boundary['n']:,}"
    return [*lines, "Pearson of each distance with $D(z)$", *alone, last]


_OF_DISPLACEMENT = (("Pearson", "pearson"), ("Spearman", "spearman"))
_ALONE = ((r"$\|G-\Phi_8\|$", "pearson_student"), (r"$-\|\Phi_1-\Phi_8\|$", "pearson_start"))


def _interval(found: dict) -> str:
    return f"{share(found['value'])} [{share(found['low'])}, {share(found['high'])}]"


def _draw_correlations(axes: Axes, boundary: dict | Missing) -> None:
    words = ["no correlation was recorded"]
    if not isinstance(boundary, Missing):
        words = correlation_lines(boundary)
    # Room below the points, so that no word hides one.
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.4 * (high - low), max(high, 0.04 * (high - low)))
    axes.text(
        0.03, 0.03, "\n".join(words), transform=axes.transAxes, fontsize=SMALL, color=INK,
        va="bottom", linespacing=1.25,
    )  # fmt: skip
