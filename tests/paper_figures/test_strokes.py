"""Figures of many curves: legends beside the axes, seeds and sizes told apart."""

import itertools
import math

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from dmdrepro.measures.chart import Chart, Line
from dmdrepro.paper_figures.curves import draw_curves, save_curves
from dmdrepro.paper_figures.ticks import name_ticks

LAPTOP = "laptop size (reduced)"
XS = [0.0, 100.0, 1000.0, 6000.0]


def chart(names, title="t", seeds=(0, 1, 2), x="distillation iteration", **options) -> Chart:
    """Lines of several arms and seeds; a name is of the laptop size, or (name, its size)."""
    named = [name if isinstance(name, tuple) else (name, LAPTOP) for name in names]
    lines = tuple(
        Line(f"{name}, seed {seed}", XS, [math.nan, 0.9, 0.5, 0.1 + seed / 9], colour, name=name,
             seed=seed, size=size)
        for colour, (name, size) in enumerate(named) for seed in seeds
    )  # fmt: skip
    return Chart(title, x, lines, (0.0, 1.0), **options)


def rendered(figure: Figure) -> Figure:
    FigureCanvasAgg(figure).draw()
    return figure


def legends(figure: Figure) -> list[Legend]:
    return [found for found in figure.findobj(Legend) if found.get_texts()]


def assert_clear(figure: Figure) -> None:
    """Legends lie in the figure, on no axes, on no label of theirs and not on each other."""
    boxes = [legend.get_window_extent() for legend in legends(figure)]
    assert boxes
    others = [(a, a.xaxis.label, a.yaxis.label, *a.texts) for a in figure.axes]
    taken = [artist.get_window_extent() for artist in itertools.chain(*others)]
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


@pytest.mark.parametrize("name", ["a_rather_long_name", "width=64,attention=off, teacher 2,048"])
@pytest.mark.parametrize("arms", [1, 3, 10])
@pytest.mark.parametrize("panels", [1, 2, 4, 5])
def test_the_keys_lie_beside_the_panels(name, arms, panels):
    names = [f"{name}={k}" for k in range(arms)]
    remark = "two lines\nof remark"
    charts = [chart(names, "a title", note="a note", remarks=(remark,)) for _ in range(panels)]
    figure = rendered(draw_curves(charts))
    assert len(figure.axes) == panels
    assert_clear(figure)
    assert [t.get_text() for a in figure.axes for t in a.texts].count(remark) == 1


@pytest.mark.parametrize("large", [1, 3, 6])
def test_two_sizes_are_two_groups_of_the_legend_told_apart_by_their_markers(large):
    names = [*((f"toy{k}", "paper size") for k in range(large)), "mnist"]
    figure = rendered(draw_curves([chart(names, seeds=(0, 1))] * 5))
    assert_clear(figure)
    titles = [legend.get_title().get_text() for legend in legends(figure)]
    assert "paper size, filled markers" in titles
    assert "laptop size (reduced), hollow markers" in titles
    faces = {line.get_label(): line.get_markerfacecolor() for line in figure.axes[0].lines}
    assert faces["mnist, seed 1"] == "white"
    assert faces["toy0, seed 1"] != "white"


def test_every_arm_and_seed_is_told_apart_in_every_panel_and_named():
    arms = "abcdefghij"  # as many as study width has students
    figure = rendered(draw_curves([chart(arms)] * 2))
    for axes in figure.axes:
        assert len(looks(axes.lines)) == 30
        named = {line.get_label() for line in axes.lines if not line.get_label().startswith("_")}
        assert named == {f"{arm}, seed {seed}" for arm in arms for seed in (0, 1, 2)}
    said = [t.get_text() for legend in legends(figure) for t in legend.get_texts()]
    assert {*arms, "seed 0", "seed 1", "seed 2"} <= set(said)


def test_a_line_has_its_values_but_for_the_start_which_a_logarithm_has_no_place_for():
    (line, *_) = draw_curves([chart("a", scale="log", seeds=(0,))]).axes[0].lines
    assert list(line.get_xdata()) == [100, 1000, 6000]
    assert list(line.get_ydata()) == [0.9, 0.5, 0.1]


def test_a_mark_is_drawn_in_its_panel_alone():
    figure = draw_curves([chart("a", mark=0.02), chart("a")])
    marks = [
        [line for line in a.lines if list(line.get_xdata()) == [0.02] * 2] for a in figure.axes
    ]
    assert [len(found) for found in marks] == [1, 0]


@pytest.mark.parametrize("scale", ["linear", "log", "symlog"])
def test_levels_and_values_lie_inside_the_axis_and_dashed_lines_have_no_marker(scale):
    lines = (Line("a", [1, 10], [0.5, 40.0], dots=((1.0, 0.2), (1.0, 0.8))),
             Line("null", [1, 10], [60.0, 80.0], dashed=True))  # fmt: skip
    axes = rendered(draw_curves([Chart("t", "N", lines, scale=scale)])).axes[0]
    dots, solid, dashed, *levels = axes.lines
    assert list(dots.get_ydata()) == [0.2, 0.8]
    assert (solid.get_marker(), dashed.get_marker(), dashed.get_linestyle()) == ("o", "None", "--")
    assert len(levels) == (scale == "linear")  # 0, which a logarithm has no place for
    low, high = axes.get_ylim()
    assert low < 0.2 or scale != "linear"
    assert high > 80


@pytest.mark.parametrize("scale", ["linear", "log", "symlog"])
def test_panels_without_a_finite_value_are_left_out_and_no_other_value_breaks_one(tmp_path, scale):
    def one(*ys):
        return Chart("t", "N", (Line("a", [1, 10, 100], ys, dots=((1.0, ys[0]),)),), scale=scale)

    nothing = one(math.nan, math.inf, -math.inf)
    assert save_curves("t", [nothing], tmp_path, "none") == []
    assert len(save_curves("t", [nothing, one(math.nan, math.inf, 2.0)], tmp_path, "one")) == 2
    figure = rendered(draw_curves([one(-math.inf, 1.0, math.inf)]))
    assert all(map(math.isfinite, figure.axes[0].get_ylim()))


@pytest.mark.parametrize(
    ("low", "high"),
    [(600, 8000), (0.03, 0.33), (1.05, 1.6), (0.9, 2.7), (0.98, 1.83), (1, 1.2), (95, 105)],
)
def test_a_short_logarithmic_axis_names_at_least_two_ticks_in_plain_digits(low, high):
    axes = Figure().add_axes((0, 0, 1, 1))
    axes.plot([low, high], [0, 1])
    axes.set_xscale("log")
    axes.set_xlim(low, high)
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
