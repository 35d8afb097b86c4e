"""Figures 11 and 12, of one panel each: the boundary effect, and that nothing is memorised."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes

from dmdrepro.paper_figures.figure import Fill, PaperFigure, none
from dmdrepro.paper_figures.missing import draw_missing
from dmdrepro.paper_figures.page import Page, panel_title, title_height
from dmdrepro.paper_figures.run import Results, StudentRun, attempt, last_run
from dmdrepro.paper_figures.style import BLUE, COLUMN, INK, RED, SMALL
from dmdrepro.paper_figures.ticks import whole_numbers
from dmdrepro.paper_figures.words import iterations, name_of, number, share
from dmdrepro.runs.results import Missing

EDGES = np.linspace(0.0, 1.0, 61)  # of the ratio; 1/3 is an edge
DASHED = {"color": RED, "lw": 0.9, "ls": (0, (4, 3))}


def _one_panel(
    read: Callable[[StudentRun], tuple], draw: Callable[..., None], left: float, height: float
) -> Fill:
    """`draw(axes, run, *read(run))` of the longest-trained teacher's run; inches."""

    def fill(page: Page, results: Results, experiments: Sequence[str]) -> None:
        run = last_run(results, experiments[0])
        page.space(title_height(2))
        (axes,) = page.row(1, left=left, gap=0.0, height=height)
        page.space(0.4)
        found = attempt(run, read)
        if isinstance(found, Missing):
            draw_missing(axes, found)
            return
        draw(axes, run, *found)
        teacher = f"teacher {iterations(run.snapshot)}"
        panel_title(axes, name_of(run.experiment), teacher, run.size_words)

    return fill


def _displacements(
    axes: Axes, run: StudentRun, distance: np.ndarray, displacement: np.ndarray
) -> None:
    size = float(np.clip(5000 / len(distance), 3.0, 14.0))
    axes.scatter(
        distance, displacement, s=size, color=BLUE, alpha=0.5, linewidths=0, rasterized=True
    )
    axes.axhline(0.0, **DASHED)
    whole_numbers(axes.yaxis)
    axes.set_xlabel(r"$D(z)$, mean distance of $\Phi_8(z)$ to the training set")
    axes.set_ylabel(r"$\delta(z)=\|G(z)-\Phi_8(z)\|-\|\Phi_1(z)-\Phi_8(z)\|$", fontsize=SMALL + 0.5)
    boundary = attempt(run, lambda run: run.record("boundary"))
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


def _ratios(axes: Axes, run: StudentRun, ratio: np.ndarray, record: dict) -> None:
    axes.hist(ratio, bins=EDGES, color=BLUE, linewidth=0)
    axes.set(xlim=(0, 1), ylabel="samples")
    axes.set_xlabel(r"$r=\|\Phi_8(z)-x^1\|\,/\,\|\Phi_8(z)-x^2\|$")
    threshold = record["threshold"]
    axes.axvline(threshold, **DASHED)
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


# fmt: off
BOUNDARY = PaperFigure(
    # Section 4.2.1. The paper's caption drops the G in delta; the section has it.
    11, ("mnist",),
    _one_panel(lambda run: (run.array("mean_distance"), run.array("displacement")),
               _displacements, left=0.66, height=2.6),
    "Unconditional MNIST, longest-trained teacher: how much nearer to the teacher's 8-step sample "
    "the student is than the 1-step sample was, against the 8-step sample's mean distance to the "
    "training set. Below the red dashed line the student came nearer. The 1-step sample is near "
    "the data's mean, so part of the correlation is there whatever the student does: the "
    "coefficients for its distance and the student's alone stand below.",
    width=COLUMN + 0.25)
MEMORISATION = PaperFigure(
    # Section 4.1.2. The paper's caption mis-sets the ratio (distances to G and Phi).
    12, ("mnist",),
    _one_panel(lambda run: (run.array("memorisation_ratio"), run.record("memorisation")),
               _ratios, left=0.5, height=1.9),
    "Unconditional MNIST, longest-trained teacher: memorisation ratio of its 8-step samples, the "
    "distance to the nearest training image over that to the second nearest. A sample left of the "
    "red dashed threshold would count as memorised.", none, width=COLUMN + 0.25)
# fmt: on
