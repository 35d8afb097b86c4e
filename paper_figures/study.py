"""A study's figure: retention, concordance and quality along distillation, by arm."""

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

PANELS = (
    ("retention", "iterations", "Pairing kept, by iteration"),
    ("retention", "path", "Pairing kept, by path"),
    ("concordance", "path", "Concordance, by path"),
    ("quality", "path", "Sample quality (1: as good as data)"),
)
WORDS = {
    "iterations": "distillation iteration",
    "path": "path: learning rate times updates",
    "retention": "retention",
    "concordance": "concordance",
    "quality": r"$E_{OT}$ to data, ratio",
}


class Curve(Protocol):
    """What is drawn of one arm and seed: values of equal length from iteration 0 on."""

    arm: str
    seed: int
    iterations: list[int]
    path: list[float]
    retention: list[float]
    concordance: list[float]
    quality: list[float]
    null: str  # what the null is over, of a class-conditional student


@styled
def draw_study(curves: Sequence[Curve]) -> Figure:
    """Four panels; one colour an arm, one line a seed."""
    page = Page()
    arms = list(dict.fromkeys(curve.arm for curve in curves))
    for first in (0, 2):
        page.space(title_height(0))
        row = page.row(2, left=0.55, gap=0.62, height=1.9)
        page.space(0.42)
        for axes, (y, x, title) in zip(row, PANELS[first : first + 2], strict=True):
            _draw_panel(axes, curves, arms, x, y)
            panel_title(axes, title if y == "quality" else title + _null_words(curves))
        if first == 0:
            row[0].legend(loc="best", handlelength=1.2, labelspacing=0.3, borderaxespad=0.2)
    return page.figure()


def _null_words(curves: Sequence[Curve]) -> str:
    """`; null: class`, of class-conditional students."""
    marks = list(dict.fromkeys(curve.null for curve in curves if curve.null))
    return f"; null: {', '.join(marks)}" if marks else ""


def _draw_panel(axes: Axes, curves: Sequence[Curve], arms: list[str], x: str, y: str) -> None:
    for curve in curves:
        number = arms.index(curve.arm)
        first = curve.seed == min(c.seed for c in curves if c.arm == curve.arm)
        # The start has no place on a logarithmic axis.
        moved = [k for k, place in enumerate(curve.path) if place > 0]
        across, up = ([getattr(curve, name)[k] for k in moved] for name in (x, y))
        axes.plot(
            across, up, color=COLOURS[number % len(COLOURS)],
            lw=0.9, marker="o", ms=2.0, alpha=0.85, label=curve.arm if first else None,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    if y == "quality":
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        if high < 10 * low:  # few powers of ten, or none, to go by
            for which in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
                which(lambda value, _: f"{value:g}")
        else:
            axes.yaxis.set_minor_formatter(NullFormatter())
        axes.axhline(1.0, color=SOFT, lw=0.5, ls=":")
    else:
        lowest = min((v for c in curves for v in getattr(c, y) if v == v), default=0.0)
        axes.set_ylim(min(-0.12, lowest - 0.06), 1.12)
        axes.axhline(0.0, color=SOFT, lw=0.5, ls=":")
        axes.axhline(1.0, color=SOFT, lw=0.5, ls=":")
    axes.set_xlabel(WORDS[x])
    axes.set_ylabel(WORDS[y])
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)


def save_study(
    title: str, curves: Sequence[Curve], folder: Path, stem: str = "study"
) -> list[Path]:
    """Write `stem`.png and `stem`.pdf into `folder`; no curve, no file."""
    if not curves:
        return []
    about = {"Title": title, "Seed": ", ".join(str(s) for s in sorted({c.seed for c in curves}))}
    return write_figure(draw_study(curves), folder / stem, about)
