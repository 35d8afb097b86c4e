"""How the measures of the pairing move with N: a colour a data set, a stroke a seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dmdrepro.paper_figures.page import Page, panel_title, title_height
from dmdrepro.paper_figures.saving import write_figure
from dmdrepro.paper_figures.strokes import colour_of, key, stroke
from dmdrepro.paper_figures.style import SMALL, SOFT, styled
from dmdrepro.paper_figures.ticks import name_ticks

HEIGHT = 1.7  # inches, of a panel
SMALL_DELTA_E = 0.01
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
    size_words: str  # such as `laptop size (reduced)`
    n: tuple[int, ...]
    sets: Sequence[dict[str, list[float]]]  # of each N: measure -> one value a set

    null: str  # what the null is over, of a class-conditional student

    def means(self, name: str) -> list[float]: ...


@styled
def draw_over_n(curves: Sequence[Curve]) -> Figure:
    """Three panels over N: means over the sets, each set a dot; the legend lies below them."""
    page = Page()
    page.space(title_height(0))
    row = page.row(3, left=0.5, gap=0.45, height=HEIGHT)
    page.space(0.42)
    for axes, (name, title) in zip(row, PANELS, strict=True):
        for curve in curves:
            _draw(axes, curve, name, _stroke(curve, curves))
        panel_title(axes, title)
        axes.set_xscale("log")
        name_ticks(axes.xaxis)
        axes.set_xlabel("N")
        axes.tick_params(labelsize=SMALL)
        axes.spines[["top", "right"]].set_visible(False)
        if name == "delta_e":
            _scale_delta_e(axes, curves)
        else:
            for level in (0.0, 1.0):
                axes.axhline(level, color=SOFT, lw=0.5, ls=":")
    handles = [Line2D([], [], label=_label(c), **_stroke(c, curves)) for c in curves]
    columns = 2
    key(row[0], handles, "lines: means over sets of N noises; dots: the sets", 0.0,
        HEIGHT + 0.42, columns)  # fmt: skip
    page.space(0.15 * (1 + math.ceil(len(curves) / columns)))
    return page.figure()


def _label(curve: Curve) -> str:
    null = f", null: {curve.null}" if curve.null else ""
    return f"{curve.experiment}, {curve.size_words}, seed {curve.seed}{null}"


def _stroke(curve: Curve, curves: Sequence[Curve]) -> dict:
    """Colour by data set, line by seed; hollow markers for a second size."""
    names = list(dict.fromkeys(c.experiment for c in curves))
    seeds = sorted({c.seed for c in curves})
    hollow = curve.size_words != curves[0].size_words
    return stroke(curve.seed, seeds, colour_of(curve.experiment, names), hollow)


def _draw(axes: Axes, curve: Curve, name: str, look: dict) -> None:
    colour = look["color"]
    dots = [(n, v) for n, found in zip(curve.n, curve.sets, strict=True) for v in found[name]]
    axes.plot(*zip(*dots, strict=True), ls="", marker=".", ms=1.6, color=colour, alpha=0.5)
    axes.plot(curve.n, curve.means(name), **look)
    if name == "delta_e":
        axes.plot(curve.n, curve.means("delta_e_null"), lw=0.7, ls="--", color=colour)


def _scale_delta_e(axes: Axes, curves: Sequence[Curve]) -> None:
    """Logarithmic, with 0 set apart only if a Delta_E comes near it."""
    drawn = [v for c in curves for m in ("delta_e", "delta_e_null") for v in c.means(m)]
    if all(v > SMALL_DELTA_E for v in drawn if v == v):
        axes.set_yscale("log")
        name_ticks(axes.yaxis)
    else:
        axes.set_yscale("symlog", linthresh=SMALL_DELTA_E)
        axes.set_ylim(bottom=0)


def save_over_n(curves: Sequence[Curve], folder: Path) -> list[Path]:
    """Write `over_n.png` and `over_n.pdf` into `folder`; no curve, no file."""
    if not curves:
        return []
    seeds = sorted({curve.seed for curve in curves})
    about = {"Title": TITLE, "Seed": ", ".join(map(str, seeds))}
    return write_figure(draw_over_n(curves), folder / "over_n", about)
