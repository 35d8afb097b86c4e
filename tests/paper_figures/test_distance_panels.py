"""Heat maps, distance scatters and loss curves show the numbers they say they show."""

import numpy as np
import pytest
from fake_runs import made
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba

from dmdrepro.paper_figures import FIGURES
from dmdrepro.paper_figures.distances import read_distances
from dmdrepro.paper_figures.dm_loss import running_mean, windows
from dmdrepro.paper_figures.run import last_run
from dmdrepro.paper_figures.style import RED
from dmdrepro.paper_figures.words import number, pairing_words
from dmdrepro.runs.results import Missing


def heat_maps(figure):
    return [axes for axes in figure.axes if axes.images and axes.collections]


@pytest.mark.parametrize(
    ("figure", "shown"), [(3, [("chessboard", 3072), ("mnist", 3072)]),
                          (10, [("mnist", 512), ("mnist", 3072)])],
)  # fmt: skip
def test_red_boxes_stand_at_the_optimal_assignment(tmp_path, figure, shown):
    results = made(tmp_path, "chessboard", "mnist")
    maps = heat_maps(FIGURES[figure].draw(results))
    for axes, (name, snapshot) in zip(maps, shown, strict=True):
        sqdist = results[name].array(snapshot, "heatmap")
        assignment = results[name].array(snapshot, "heatmap_assignment")
        # Column i, row j: teacher horizontally, student vertically.
        np.testing.assert_array_equal(axes.images[0].get_array(), sqdist.T)
        assert axes.get_xlabel() == "teacher image $i$"
        (boxes,) = (c for c in axes.collections if isinstance(c, LineCollection))
        centres = np.array([segment[:4].mean(axis=0) for segment in boxes.get_segments()])
        np.testing.assert_allclose(centres, np.stack([np.arange(16), assignment], axis=1))
        np.testing.assert_allclose(boxes.get_colors()[0], to_rgba(RED))
        under = axes.images[0].get_array()[centres[:, 1].astype(int), centres[:, 0].astype(int)]
        assert under.sum() <= np.trace(sqdist) + 1e-9  # no dearer than the diagonal


def test_distances_are_norms_divided_by_the_root_of_the_number_of_pixels(tmp_path):
    results = made(tmp_path, "mnist", resolution=32, n=40)
    distances = read_distances(last_run(results, "mnist"))
    one, eight, student = (
        results["mnist"].samples(3072, k) for k in ("teacher_1", "teacher_8", "student")
    )
    np.testing.assert_allclose(distances.student[5], np.linalg.norm(student[5] - eight[5]) / 32)
    np.testing.assert_allclose(distances.untrained[5], np.linalg.norm(one[5] - eight[5]) / 32)
    assert distances.scale_words == "1/32"
    panel = FIGURES[9].draw(results).axes[-1]
    np.testing.assert_allclose(
        np.asarray(panel.collections[0].get_offsets()),
        np.stack([distances.untrained, distances.student], axis=1),
    )
    assert "1/32" in panel.get_xlabel()
    assert panel.get_xlim() == panel.get_ylim()


def test_the_scale_of_other_shapes_is_in_the_axis_label(tmp_path):
    results = made(tmp_path, "imagenet64", "mlp-manifold")
    results["mnist-conditional"] = Missing("mnist-conditional", "MNIST is absent")
    _, colour, grey = FIGURES[8].draw(results).axes
    assert r"\sqrt{192}" in colour.get_xlabel()
    assert "1/8" in grey.get_xlabel()
    assert "same scale" in colour.get_ylabel()  # the first panel that is drawn


def test_figure_9_compares_its_snapshots_on_one_scale(tmp_path):
    first, second = FIGURES[9].draw(made(tmp_path, "mnist")).axes[-2:]
    assert first.get_xlim() == second.get_xlim()


@pytest.mark.parametrize(
    ("length", "expected"),
    [(50_000, (6000, 900)), (6000, (6000, 900)), (600, (600, 90)), (15, (15, 10)), (4, (4, 4))],
)
def test_windows_are_the_papers_or_the_same_fraction_of_a_shorter_run(length, expected):
    assert windows(length) == expected


def test_the_running_mean_of_a_constant_is_that_constant_to_its_ends():
    np.testing.assert_allclose(running_mean(np.full(9, 3.0), 5), 3.0)
    np.testing.assert_allclose(running_mean(np.array([0.0, 3.0, 6.0, 9.0]), 3), [1.5, 3, 6, 7.5])


def test_figure_4_shows_every_students_dm_loss_with_a_legend(tmp_path):
    results = made(tmp_path, "mnist", snapshots=(16, 32, 64), iterations=1000)
    left, right = FIGURES[4].draw(results).axes
    assert left.get_xlim() == (0, 1000)
    assert right.get_xlim() == (0, 150)
    names = [text.get_text() for text in right.get_legend().get_texts()]
    assert names == ["16", "32", "64"]
    raw = [line for line in left.lines if line.get_label().startswith("_")]
    for line, snapshot in zip(raw, (16, 32, 64), strict=True):
        steps, loss = results["mnist"].losses(snapshot)["loss_dm"]
        np.testing.assert_array_equal(line.get_xdata(), steps)
        np.testing.assert_array_equal(line.get_ydata(), loss)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0367, "0.0367"),
        (8.554, "8.55"),
        (208.3, "208"),
        (1234.5, "1230"),
        (0.9996, "1.00"),
        (0.0, "0"),
        (-0.25, "\N{MINUS SIGN}0.250"),
        (1.2e-5, r"$1.20\times 10^{-5}$"),
        ("inf", r"$\infty$"),
    ],
)
def test_numbers_have_three_significant_digits(value, text):
    assert number(value) == text


def test_an_infinite_delta_e_is_said_with_its_company():
    record = {"delta_e": "inf", "retention": 0.5, "delta_e_null": "inf", "n": 1000}
    assert pairing_words(record) == (
        r"$\Delta_E$ = $\infty$ (N = 1,000)",
        r"retention 0.50, null $\infty$",
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0603, "\N{MINUS SIGN}0.06"),
        (0.996, "1.00"),
        (-0.004, "0.00"),
        (-12.5, "\N{MINUS SIGN}12.50"),
        ("nan", "undefined"),
        ("-inf", r"$-\infty$"),
    ],
)
def test_retention_and_concordance_have_two_decimals(value, text):
    record = {"delta_e": 1.0, "retention": value, "delta_e_null": 2.0, "n": 9}
    assert pairing_words(record)[1] == f"retention {text}, null 2.00"
    assert len(pairing_words(record)) == 2  # no concordance was recorded, none is shown
    assert pairing_words(record | {"concordance": value})[2] == f"concordance {text}"
