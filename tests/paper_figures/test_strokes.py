"""Figures of many curves: legends beside the axes, seeds and sizes told apart."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from dmdrepro.paper_figures.over_n import draw_over_n
from dmdrepro.paper_figures.study import PANELS, draw_study
from dmdrepro.paper_figures.ticks import name_ticks


@dataclass
class Along:
    arm: str
    seed: int
    size: str = "laptop size (reduced)"
    null: str = ""
    images: bool = False
    scale: float = 1.0
    iterations: list[int] = field(default_factory=lambda: [0, 100, 1000, 6000])
    path: list[float] = field(default_factory=lambda: [0.0, 0.01, 0.1, 0.6])

    def __post_init__(self):
        self.retention = [1.0, 0.9, 0.5 * self.scale, 0.1 * self.scale]
        self.concordance = [0.0, 0.5, 0.6 * self.scale, 0.2]
        self.quality = [50.0, 5.0, 1.5, 1.1 * self.scale]
        self.loss_dm = [math.nan, 0.2, 0.3, 0.1 * self.scale]


@dataclass
class Over:
    experiment: str
    seed: int
    size_words: str = "paper size"
    null: str = ""
    n: tuple[int, ...] = (100, 1000, 10_000)

    def __post_init__(self):
        names = ("delta_e", "delta_e_null", "retention", "concordance")
        self.sets = [{name: [0.5 + k + self.seed, 0.6 + k] for name in names} for k in range(3)]

    def means(self, name):
        return [float(np.mean(found[name])) for found in self.sets]


def rendered(figure: Figure) -> Figure:
    FigureCanvasAgg(figure).draw()
    return figure


def legends(figure: Figure) -> list[Legend]:
    return [found for found in figure.findobj(Legend) if found.get_texts()]


def assert_clear(figure: Figure) -> None:
    """Legends lie in the figure, on no axes, on no label of theirs and not on each other."""
    boxes = [legend.get_window_extent() for legend in legends(figure)]
    assert boxes
    taken = [axes.get_window_extent() for axes in figure.axes]
    taken += [axes.xaxis.label.get_window_extent() for axes in figure.axes]
    taken += [axes.yaxis.label.get_window_extent() for axes in figure.axes]
    taken += [t.get_window_extent() for axes in figure.axes for t in axes.texts]
    for box in boxes:
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in taken)
    for one, two in itertools.combinations(boxes, 2):
        assert not one.overlaps(two)


def looks(lines) -> set:
    """What the eye tells lines apart by."""
    return {
        (line.get_color(), str(line._dash_pattern), line.get_marker(), line.get_markerfacecolor())
        for line in lines
        if line.get_marker() not in ("None", ".")
    }


@pytest.mark.parametrize("arms", [1, 3, 7])
@pytest.mark.parametrize("logged", [True, False])
def test_a_studys_legends_lie_beside_its_panels(arms, logged):
    curves = [Along(f"a_rather_long_name={k}", seed) for k in range(arms) for seed in (0, 1, 2)]
    for curve in curves:
        curve.loss_dm = curve.loss_dm if logged else []
    figure = rendered(draw_study(curves))
    assert len(figure.axes) == len(PANELS) - (not logged)
    assert_clear(figure)


@pytest.mark.parametrize("large", [1, 3, 6])
def test_two_sizes_are_two_groups_of_the_legend_told_apart_by_their_markers(large):
    paper = [Along(f"toy{k}", seed, "paper size") for k in range(large) for seed in (0, 1)]
    laptop = [Along("mnist", seed) for seed in (0, 1)]
    figure = rendered(draw_study([*paper, *laptop]))
    assert_clear(figure)
    titles = [legend.get_title().get_text() for legend in legends(figure)]
    assert "paper size, filled markers" in titles
    assert "laptop size (reduced), hollow markers" in titles
    faces = {line.get_label(): line.get_markerfacecolor() for line in figure.axes[0].lines}
    assert faces["mnist, seed 1"] == "white"
    assert faces["toy0, seed 1"] != "white"


def test_every_arm_and_seed_is_told_apart_in_every_panel_and_named():
    curves = [Along(arm, seed, scale=1 + seed / 9) for arm in "abc" for seed in (0, 1, 2)]
    figure = rendered(draw_study(curves))
    for axes in figure.axes:
        assert len(looks(axes.lines)) == 9
        named = {line.get_label() for line in axes.lines if not line.get_label().startswith("_")}
        assert named == {f"{arm}, seed {seed}" for arm in "abc" for seed in (0, 1, 2)}
    said = [t.get_text() for legend in legends(figure) for t in legend.get_texts()]
    assert {"a", "b", "c", "seed 0", "seed 1", "seed 2"} <= set(said)


def test_the_panel_of_the_dm_loss_shows_it_by_iteration():
    curve = Along("a", 0)
    axes = draw_study([curve, Along("b", 0)]).axes[-1]
    assert axes.get_ylabel() == "DM loss"
    (line, *_) = axes.lines
    assert list(line.get_xdata()) == [100, 1000, 6000]
    assert list(line.get_ydata()) == [0.2, 0.3, 0.1]
    assert any("mean of the updates" in t.get_text() for a in axes.figure.axes for t in a.texts)


@pytest.mark.parametrize("images", [True, False])
def test_the_papers_path_is_marked_for_images_in_every_panel_by_path(images):
    figure = rendered(draw_study([Along("toy", 0), Along("mnist", 0, images=images)]))
    for axes, (_, x, _) in zip(figure.axes, PANELS, strict=True):
        marks = [line for line in axes.lines if list(line.get_xdata()) == [0.02, 0.02]]
        assert len(marks) == (images and x == "path")
    said = [t.get_text() for axes in figure.axes for t in axes.texts]
    assert any("images: 0.02" in text for text in said) == images
    assert_clear(figure)


@pytest.mark.parametrize("count", [1, 3, 7])
def test_over_n_has_its_legend_below_naming_size_and_seed(count):
    figure = rendered(draw_over_n([Over(f"data-set-{k}", 0) for k in range(count)]))
    assert_clear(figure)
    (legend,) = legends(figure)
    assert legend.get_texts()[0].get_text() == "data-set-0, paper size, seed 0"


def test_over_n_tells_seeds_and_sizes_apart():
    curves = [Over("ring", 0), Over("ring", 1), Over("ring", 0, "laptop size (reduced)")]
    figure = rendered(draw_over_n(curves))
    assert_clear(figure)
    for axes in figure.axes:
        assert len(looks(axes.lines)) == 3


@pytest.mark.parametrize(("low", "high"), [(600, 8000), (0.03, 0.33), (1.05, 1.6), (0.9, 2.7)])
def test_a_short_logarithmic_axis_names_at_least_two_ticks_in_plain_digits(low, high):
    axes = Figure().add_axes((0, 0, 1, 1))
    axes.plot([low, high], [0, 1])
    axes.set_xscale("log")
    name_ticks(axes.xaxis)
    rendered(axes.figure)
    shown = axes.get_xlim()
    ticks = [t for t in axes.xaxis.get_major_ticks() if shown[0] <= t.get_loc() <= shown[1]]
    ticks += [
        t for t in axes.xaxis.get_minor_ticks()
        if shown[0] <= t.get_loc() <= shown[1] and t.label1.get_text()
    ]  # fmt: skip
    texts = [tick.label1.get_text() for tick in ticks]
    assert len(texts) >= 2
    for tick, text in zip(ticks, texts, strict=True):
        assert float(text.replace(",", "")) == pytest.approx(tick.get_loc(), rel=0.01)
