"""How the measures of the pairing move with N: one colour a data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from dmdrepro.paper_figures.page import Page, panel_title, title_height
from dmdrepro.paper_figures.saving import write_figure
from dmdrepro.paper_figures.style import COLOURS, SMALL, SOFT, styled

TITLE = "Delta_E, its null, retention and concordance over N"
PANELS = (
    ("delta_e", "Delta_E (dashed: its null)"),
    ("retention", "Retention"),
    ("concordance", "Concordance"),
)


class Curve(Protocol):
    """What is drawn of one student."""

    experiment: str
    seed: int
    n: tuple[int, ...]
    sets: Sequence[dict[str, list[float]]]  # of each N: measure -> one value a set

    null: str  # what the null is over, of a class-conditional student

    def means(self, name: str) -> list[float]: ...


@styled
def draw_over_n(curves: Sequence[Curve]) -> Figure:
    """Three panels over N: means over the sets, each set a dot."""
    page = Page()
    page.space(title_height(0))
    row = page.row(3, left=0.5, gap=0.45, height=1.7)
    page.space(0.42)
    for axes, (name, title) in zip(row, PANELS, strict=True):
        for number, curve in enumerate(curves):
            _draw(axes, curve, name, COLOURS[number % len(COLOURS)])
        panel_title(axes, title)
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("N")
        axes.tick_params(labelsize=SMALL)
        axes.spines[["top", "right"]].set_visible(False)
        if name == "delta_e":
            axes.set_yscale("symlog", linthresh=0.01)
            axes.set_ylim(bottom=0)
        else:
            for level in (0.0, 1.0):
                axes.axhline(level, color=SOFT, lw=0.5, ls=":")
    row[1].legend(loc="best", handlelength=1.2, labelspacing=0.3, borderaxespad=0.2)
    return page.figure()


def _draw(axes: Axes, curve: Curve, name: str, colour: str) -> None:
    dots = [(n, v) for n, found in zip(curve.n, curve.sets, strict=True) for v in found[name]]
    axes.plot(*zip(*dots, strict=True), ls="", marker=".", ms=1.6, color=colour, alpha=0.5)
    label = f"{curve.experiment}, null: {curve.null}" if curve.null else curve.experiment
    axes.plot(curve.n, curve.means(name), lw=0.9, color=colour, label=label)
    if name == "delta_e":
        axes.plot(curve.n, curve.means("delta_e_null"), lw=0.7, ls="--", color=colour)


def save_over_n(curves: Sequence[Curve], folder: Path) -> list[Path]:
    """Write `over_n.png` and `over_n.pdf` into `folder`; no curve, no file."""
    if not curves:
        return []
    seeds = sorted({curve.seed for curve in curves})
    about = {"Title": TITLE, "Seed": ", ".join(map(str, seeds))}
    return write_figure(draw_over_n(curves), folder / "over_n", about)
