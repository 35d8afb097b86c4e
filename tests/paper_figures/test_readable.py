"""What a figure shows can be read: nothing hides data, and words do not touch each other."""

import itertools

import numpy as np
import pytest
from fake_runs import made
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.text import Text

from dmdrepro.paper_figures import FIGURES, caption
from dmdrepro.paper_figures.inset import round_below
from dmdrepro.paper_figures.saving import DPI


def rendered(figure) -> FigureCanvasAgg:
    """The figure drawn at the PNG's resolution; only then do all words have their places."""
    figure.set_dpi(DPI["png"])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas


def pixels(figure) -> np.ndarray:
    """The figure as its PNG has it, [height, width, 3], upside down as matplotlib counts."""
    return np.asarray(rendered(figure).buffer_rgba())[::-1, :, :3]


def written(figure) -> list:
    """(text, its box) of all that is said anywhere, at the PNG's resolution."""
    rendered(figure)
    hidden = {label for axes in every(figure) for label in off_scale(axes)}
    texts = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]
    return [(t.get_text(), t.get_window_extent()) for t in texts if t not in hidden]


def every(figure) -> list:
    """All axes, insets too."""
    return [axes for outer in figure.axes for axes in (outer, *outer.child_axes)]


def off_scale(axes) -> list:
    """Labels of ticks beyond the axes' ends, which are not drawn."""
    found = []
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        slack = 1e-6 * (high - low)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not low - slack <= tick.get_loc() <= high + slack:
                found += [tick.label1, tick.label2]
    return found


def overlap(a, b) -> float:
    """Area in square pixels that two boxes share."""
    wide = min(a.x1, b.x1) - max(a.x0, b.x0)
    tall = min(a.y1, b.y1) - max(a.y0, b.y0)
    return max(wide, 0.0) * max(tall, 0.0)


def test_a_box_leaves_the_copied_distances_their_colour(tmp_path):
    """A hundred cells a side, all optimal pairs on the diagonal: the smallest cells there are."""
    figure = FIGURES[10].draw(made(tmp_path, "mnist", n=100, heatmap=100))
    image = pixels(figure)
    panels = [axes for axes in figure.axes if axes.images and axes.get_xlabel()]
    assert len(panels) == 2
    for axes in panels:
        shown = axes.images[0]
        (boxes,) = (c for c in axes.collections if isinstance(c, LineCollection))
        cells = np.array([path[:4].mean(axis=0) for path in boxes.get_segments()]).round()
        colours = 255 * shown.cmap(shown.norm(shown.get_array()))[..., :3]
        kept = []
        for i, j in cells.astype(int):
            low = axes.transData.transform((i - 0.5, j + 0.5))
            high = axes.transData.transform((i + 0.5, j - 0.5))
            (left, bottom), (right, top) = np.ceil(low).astype(int), np.floor(high).astype(int)
            cell = image[bottom:top, left:right].astype(float)
            near = np.abs(cell - colours[j, i]).max(axis=-1) <= 2
            middle = np.abs(image[(bottom + top) // 2, (left + right) // 2] - colours[j, i])
            assert middle.max() <= 2, (i, j)
            kept.append(near.mean())
        assert np.mean(kept) > 0.6
        assert min(kept) > 0.4
        # And the boxes are there: red around them.
        red = (image[..., 0] > 180) & (image[..., 2] < 120)
        assert red.sum() > 100 * 8


@pytest.mark.parametrize(("share", "inset"), [(0.025, True), (0.1, True), (0.5, False)])
def test_phi_1_is_enlarged_where_it_is_a_dot(tmp_path, share, inset):
    results = made(tmp_path, "chessboard", phi_1=share)
    figure = FIGURES[2].draw(results)
    rendered(figure)
    panel = next(a for a in figure.axes if a.get_title() == r"$\Phi_1(z)$")
    if not inset:
        assert not panel.child_axes
        return
    (enlarged,) = panel.child_axes
    points = np.asarray(enlarged.collections[0].get_offsets())
    np.testing.assert_array_equal(points, results["chessboard"].samples(3072, "teacher_1")[:, :2])
    for low_high, column in ((enlarged.get_xlim(), 0), (enlarged.get_ylim(), 1)):
        assert low_high[0] < points[:, column].min()
        assert points[:, column].max() < low_high[1]
    wide, small = (np.ptp(axes.get_xlim()) for axes in (panel, enlarged))
    boxes = [axes.get_window_extent() for axes in (panel, enlarged)]
    factor = (boxes[1].width / small) / (boxes[0].width / wide)
    bar, named = enlarged.lines[0], [text.get_text() for text in enlarged.texts]
    assert float(named[0]) == pytest.approx(np.ptp(bar.get_xdata()))  # as long as it says
    assert float(named[1].removeprefix("\N{MULTIPLICATION SIGN}")) == pytest.approx(
        factor, rel=0.05
    )
    dots = panel.transData.transform(np.asarray(panel.collections[0].get_offsets()))
    assert not any(boxes[1].contains(*dot) for dot in dots)
    for text in enlarged.texts:
        assert not any(text.get_window_extent().contains(*dot) for dot in dots)


@pytest.mark.parametrize(("length", "bar"), [(1.0, 1.0), (0.99, 0.5), (0.049, 0.02), (730, 500)])
def test_a_scale_bar_is_the_longest_round_one(length, bar):
    assert round_below(length) == pytest.approx(bar)


def test_figure_4_has_one_scale_and_a_legend_outside_its_panels(tmp_path):
    results = made(tmp_path, "mnist", snapshots=(16, 32, 64, 128, 256, 512), iterations=1000)
    left, right = FIGURES[4].draw(results).axes
    rendered(left.figure)
    assert left.get_ylim() == right.get_ylim()
    assert "same scale" in right.get_ylabel()
    legend = right.get_legend().get_window_extent()
    for axes in (left, right):
        for taken in (axes, axes.xaxis.label, *axes.get_xticklabels()):
            assert overlap(legend, taken.get_window_extent()) == 0
    assert legend.y0 >= 0
    assert legend.x1 <= left.figure.bbox.x1


@pytest.mark.parametrize("number", [4, 11])
@pytest.mark.parametrize("scale", [1e-5, 1e-4, 1e3])
def test_small_and_large_values_put_no_factor_on_the_title(number, scale, tmp_path):
    results = made(tmp_path, "mnist")
    result = results["mnist"]
    losses, array = result.losses, result.array
    result.losses = lambda s: {k: (x, scale * y) for k, (x, y) in losses(s).items()}
    result.array = lambda s, name: array(s, name) * (scale if name == "displacement" else 1.0)
    figure = FIGURES[number].draw(results)
    said = written(figure)
    assert all(figure.bbox.x0 <= box.x0 for _, box in said)
    assert not any(axes.yaxis.get_offset_text().get_text() for axes in figure.axes)


@pytest.mark.parametrize("number", FIGURES)
def test_no_words_of_a_figure_lie_on_others_or_leave_it(number, tmp_path):
    """With the longest numbers that there are, and students that are not good samplers."""
    longest = {"n": 40, "phi_1": 0.02, "quality": 123.4, "snapshots": (512, 1024, 2048, 3072)}
    results = made(tmp_path, *FIGURES[number].experiments, **longest)
    for result in results.values():
        whole = result.record

        def changed(snapshot, stage="evaluate", whole=whole):
            record = whole(snapshot, stage)
            if "pairing" in record:
                far = {"delta_e": 8.76e-05, "delta_e_null": 0.00123, "n": 1000}
                record["pairing"] |= far | {"retention": -0.0603, "concordance": -0.8888}
            return record

        result.record = changed
    figure = FIGURES[number].draw(results)
    said = written(figure)
    whole = figure.bbox
    for words, box in said:
        assert whole.x0 <= box.x0, words
        assert box.x1 <= whole.x1, words
        assert whole.y0 <= box.y0, words
        assert box.y1 <= whole.y1, words
    for (one, a), (two, b) in itertools.combinations(said, 2):
        assert overlap(a, b) <= 0.02 * min(a.width * a.height, b.width * b.height), (one, two)


def test_results_above_a_panel_do_not_reach_the_next(tmp_path):
    figure = FIGURES[9].draw(made(tmp_path, "mnist", snapshots=(512, 1024, 2048, 3072)))
    rendered(figure)
    panels = [axes for axes in figure.axes if axes.collections]
    for axes, after in itertools.pairwise(panels):
        for text in axes.texts:
            assert text.get_window_extent().x1 < after.get_window_extent().x0, text.get_text()


@pytest.mark.parametrize(("quality", "poor"), [(3.7, True), (2.01, True), (2.0, False), ("nan", 0)])
def test_a_student_far_from_the_data_is_named_by_rule(tmp_path, quality, poor):
    results = made(tmp_path, "chessboard", quality=quality)
    results |= made(tmp_path, "mnist", snapshots=(3072,), quality=1.2)
    drawn = " ".join(words for words, _ in written(FIGURES[2].draw(results)))
    assert ("as far from the data" in drawn) == bool(poor)
    for number in (2, 3):
        said = caption(FIGURES[number], results)
        assert said.startswith(FIGURES[number].caption)
        assert ("Chessboard: the student is" in said) == bool(poor)
        assert "MNIST: the student" not in said
    if poor:
        far = f"{quality:.2f} times as far from the data as other data (its teacher: 1.50 times)"
        assert far in caption(FIGURES[2], results)


@pytest.mark.parametrize(
    ("snapshots", "of_9", "of_10"), [((512, 3072), 2, 2), (range(1, 7), 4, 2), ((9,), 1, 1)]
)
def test_every_student_that_a_figure_shows_is_judged(tmp_path, snapshots, of_9, of_10):
    results = made(tmp_path, "mnist", snapshots=tuple(snapshots), quality=3.0)
    for number, count in ((1, 1), (9, of_9), (10, of_10), (12, 0)):
        assert caption(FIGURES[number], results).count("as far from the data") == count


def test_a_record_without_quality_says_nothing_of_it(tmp_path):
    assert caption(FIGURES[2], made(tmp_path, "chessboard", quality=None)) == FIGURES[2].caption
