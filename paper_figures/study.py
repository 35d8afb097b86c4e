"""A study's figure: retention, concordance, quality and DM loss along distillation, by arm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dmdrepro.paper_figures.page import EDGE, Page, panel_title, title_height
from dmdrepro.paper_figures.saving import write_figure
from dmdrepro.paper_figures.strokes import colour_of, key, seed_handles, stroke
from dmdrepro.paper_figures.style import SMALL, SOFT, styled
from dmdrepro.paper_figures.ticks import name_ticks

PANELS = (
    ("retention", "iterations", "Pairing kept, by iteration"),
    ("retention", "path", "Pairing kept, by path"),
    ("concordance", "path", "Concordance, by path"),
    ("quality", "path", "Sample quality (1: as good as data)"),
    ("loss_dm", "iterations", "DM loss, by iteration"),
)
WORDS = {
    "iterations": "distillation iteration",
    "path": "path: learning rate times updates",
    "retention": "retention",
    "concordance": "concordance",
    "quality": r"$E_{OT}$ to data, ratio",
    "loss_dm": "DM loss",
}
WINDOW = "DM loss: mean of the updates of the last\nfifth of the iterations so far"
PAPER_PATH = 0.02  # of the paper's students: 10,000 updates at 2e-6
PAPER_WORDS = f"Thin vertical line: the paper's path,\nimages: {PAPER_PATH:g}"
HEIGHT, LEFT, GAP = 1.62, 0.55, 0.62  # inches, of a panel and beside it
_LINE = 0.16  # inches, of a legend


class Curve(Protocol):
    """What is drawn of one arm and seed: values of equal length from iteration 0 on."""

    arm: str
    seed: int
    iterations: list[int]
    path: list[float]
    retention: list[float]
    concordance: list[float]
    quality: list[float]
    loss_dm: list[float]  # empty if there is no log
    size: str  # in words
    null: str  # what the null is over, of a class-conditional student
    images: bool  # whether the samples are images


@styled
def draw_study(curves: Sequence[Curve]) -> Figure:
    """Five panels and the legend in the place of a sixth: a colour an arm, a stroke a seed.

    Without any DM loss its panel is left out. Hollow markers: of another size than the first.
    If there are image students, a line marks the paper's path.
    """
    logged = any(v == v for curve in curves for v in curve.loss_dm)
    panels = PANELS if logged else PANELS[:-1]
    page = Page()
    drawn: list[Axes] = []
    for first in range(0, len(panels), 2):
        page.space(title_height(0))
        here = panels[first : first + 2]
        width = (page.width - LEFT - EDGE - GAP) / 2
        row = [page.axes(LEFT + k * (width + GAP), width, HEIGHT) for k in range(len(here))]
        page.space(HEIGHT + 0.42)
        for axes, (y, x, title) in zip(row, here, strict=True):
            _draw_panel(axes, curves, x, y)
            on_null = y in ("retention", "concordance")
            panel_title(axes, title + _null_words(curves) if on_null else title)
        drawn += row
    # The keys stand in the empty place of a sixth panel, else below all.
    right = width + GAP if logged else 0.0
    top = page.top - (HEIGHT + 0.42 if logged else 0.0)
    remarks = [WINDOW] if logged else []
    if any(curve.images for curve in curves):
        remarks.append(PAPER_WORDS)
    tall = _draw_keys(drawn[0], curves, right, top - title_height(0) - EDGE, remarks)
    page.space(max(0.0, tall - HEIGHT - 0.42) if logged else tall)
    return page.figure()


def _null_words(curves: Sequence[Curve]) -> str:
    """`; null: class`, of class-conditional students."""
    marks = list(dict.fromkeys(curve.null for curve in curves if curve.null))
    return f"; null: {', '.join(marks)}" if marks else ""


def _draw_keys(
    axes: Axes, curves: Sequence[Curve], right: float, down: float, remarks: Sequence[str]
) -> float:
    """Arms by size, seeds and, below them, `remarks` of two lines each; returns their inches.

    `right`, `down`: inches from the upper left corner of `axes` to theirs.
    """
    arms = list(dict.fromkeys(curve.arm for curve in curves))
    groups: dict[str, list[str]] = {}
    for curve in curves:
        group = groups.setdefault(curve.size, [])
        if curve.arm not in group:
            group.append(curve.arm)
    seeds = sorted({curve.seed for curve in curves})
    key(axes, seed_handles(seeds), "seeds", right + 1.75, down, extra=True)
    below = 0.0
    for place, (size, members) in enumerate(groups.items()):
        looks = [stroke(0, [0], colour_of(arm, arms), place > 0) for arm in members]
        handles = [Line2D([], [], label=a, **k) for a, k in zip(members, looks, strict=True)]
        marks = "" if len(groups) == 1 else ", hollow markers" if place else ", filled markers"
        extra = place < len(groups) - 1
        key(axes, handles, f"{size}{marks}" if size else "arms", right, down + below, extra=extra)
        below += _LINE * (len(members) + 1.6)
    for remark in remarks:
        axes.annotate(
            remark, (0, 1), (72 * right, -72 * (down + below)), xycoords="axes fraction",
            textcoords="offset points", va="top", fontsize=SMALL, color=SOFT,
            annotation_clip=False,
        )  # fmt: skip
        below += 2.2 * _LINE
    return max(below, _LINE * (len(seeds) + 1.6))


def _draw_panel(axes: Axes, curves: Sequence[Curve], x: str, y: str) -> None:
    arms = list(dict.fromkeys(curve.arm for curve in curves))
    seeds = sorted({curve.seed for curve in curves})
    for curve in curves:
        if not (values := getattr(curve, y)):
            continue
        # The start has no place on a logarithmic axis.
        moved = [k for k, place in enumerate(curve.path) if place > 0]
        across, up = ([found[k] for k in moved] for found in (getattr(curve, x), values))
        look = stroke(curve.seed, seeds, colour_of(curve.arm, arms), curve.size != curves[0].size)
        axes.plot(across, up, label=f"{curve.arm}, seed {curve.seed}", **look)
    if x == "path" and any(curve.images for curve in curves):
        axes.axvline(PAPER_PATH, color=SOFT, lw=0.5)
    axes.set_xscale("log")
    name_ticks(axes.xaxis)
    if y in ("quality", "loss_dm"):
        if y == "quality":
            axes.axhline(1.0, color=SOFT, lw=0.5, ls=":")
        axes.set_yscale("log")
        name_ticks(axes.yaxis)
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
