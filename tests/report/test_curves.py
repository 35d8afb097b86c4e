"""The page's curves: what is drawn, what a tooltip says, how long curves are thinned."""

import math

import numpy as np
import pytest
from page_runs import chart_of, page_of, section, tooltips, write_runs
from report_runs import PAIRING, write_run

from dmdrepro.measures.chart import Chart, Line
from dmdrepro.measures.dm_loss import MOST
from dmdrepro.report.page.chart import draw
from dmdrepro.runs.log import thinned


def test_every_seed_is_a_line_and_every_iteration_has_a_tooltip(tmp_path):
    page = section(page_of(write_runs(tmp_path)), "chessboard")
    retention, delta, quality = (chart_of(page, n) for n in ("Retention", "Delta_E", "Quality"))
    assert len(retention.all("path")) == 2
    assert list(tooltips(retention, 2)) == ["0", "50", "500", "6,000"]
    said = tooltips(retention, 2)["500"]
    assert "retention, seed 0: 0.250 retention, seed 1: 0.250" in said
    assert len(delta.all("path")) == 4  # each with its null
    assert "Delta_E, seed 1: 0.875" in tooltips(delta, 2)["50"]
    assert "null, seed 0: 2.00" in tooltips(delta, 2)["50"]
    assert "G, seed 0: 9.00" in tooltips(quality, 2)["0"]
    assert "Phi_8, seed 0: 1.10" in tooltips(quality, 2)["0"]


def test_teachers_have_a_colour_each_in_lines_and_legend(tmp_path):
    found = section(page_of(write_runs(tmp_path)), "mnist")
    legend = found.classed("legend")[0]
    assert legend.text == "Teacher iterations: 512 3,072"
    assert [s.attributes["class"] for s in legend.classed("swatch")] == ["swatch c0", "swatch c1"]
    svg = chart_of(found, "DM loss")
    assert [g.attributes["class"] for g in svg.classed("line")] == ["line c0", "line c1"]
    assert "DM loss, teacher 3,072, seed 0: 3.00" in tooltips(svg, 2)["10"]


def test_what_was_not_kept_is_said(tmp_path):
    write_run(tmp_path, "ring", (4000,), pairing={**PAIRING, "delta_e": "inf"})
    words = section(page_of(tmp_path), "ring").text
    assert "No log of the DM loss was kept." in words
    assert "No students were kept on the way" in words
    assert "SAYS NOTHING. The share of the pairing that was kept is not defined." in words


def drawn(xs, ys):
    return draw(Chart("t", "iteration", (Line("a", xs, ys),)))


def test_points_are_where_their_values_are():
    ((_, path, points),) = drawn([0, 10, 100, 1000], [0.0, 0.5, 1.0, 0.25]).lines
    assert path == "M" + "L".join(f"{x} {y}" for x, y in points)
    xs, ys = zip(*points, strict=True)
    assert xs[3] - xs[2] == pytest.approx(xs[2] - xs[1], abs=0.11)  # decades, drawn to 0.1
    assert xs[0] < xs[1]
    height = ys[0] - ys[2]
    assert (ys[0] - ys[1]) / height == pytest.approx(0.5, abs=0.01)
    assert (ys[0] - ys[3]) / height == pytest.approx(0.25, abs=0.01)


def test_what_is_not_finite_leaves_a_gap_and_keeps_its_tooltip():
    found = drawn([0, 1, 2, 3], [1.0, math.nan, math.inf, 2.0])
    assert found.lines[0][1].count("M") == 2
    assert [said for said, *_ in found.strips][1:3] == [
        "iteration 1\na: nan",
        "iteration 2\na: inf",
    ]
    assert drawn([0, 1], [math.nan, math.inf]) is None


def test_an_axis_of_small_numbers_names_its_decades():
    xs = [0.0, *(2e-6 * 1.5**k for k in range(30))]  # to 0.26
    found = drawn(xs, [1.0] * len(xs))
    assert [text for text, _ in found.labels] == ["0", "1e-05", "0.0001", "0.001", "0.01", "0.26"]
    assert found.strips[1][0] == "iteration 2e-06\na: 1.00"
    assert found.strips[-1][0] == "iteration 0.256\na: 1.00"


@pytest.mark.parametrize("xs", [[0], [5], [0, 7], [0, 0.5, 1], list(range(400))])
@pytest.mark.parametrize("linear", [False, True])
def test_any_iterations_can_be_drawn(xs, linear):
    found = draw(Chart("t", "x", (Line("a", xs, [1.0] * len(xs)),), linear=linear))
    assert len(found.strips) == len(xs)
    assert all(width > 0 for *_, width in found.strips)


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-0.8, 1), (0, 40.8), (5, 5), (0, 0), (-3e-7, 2e-7), (0, 1e9)]
)
def test_any_values_lie_between_the_ends_of_the_axis(low, high):
    found = drawn([0, 1], [low, high])
    heights = [y for _, y in found.ticks]
    assert all(min(heights) <= y <= max(heights) for _, y in found.lines[0][2])
    assert (min(heights), max(heights)) == (found.top, found.floor)
    assert 2 <= len({text for text, _ in found.ticks}) == len(found.ticks) <= 8


@pytest.mark.parametrize("n", [1, MOST, MOST + 1, 10_000])
def test_a_thinned_curve_is_short_and_made_of_means(n):
    steps, values = 5 * np.arange(n), np.random.default_rng(0).random(n)
    xs, ys = thinned(steps, values, MOST)
    assert len(xs) == len(ys) <= MOST
    assert np.all(np.diff(xs) > 0)
    assert xs[0] == 0
    if n <= MOST:
        np.testing.assert_array_equal(ys, values)
        return
    np.testing.assert_array_equal(ys[:10], values[:10])  # the first have bins of their own
    np.testing.assert_allclose(thinned(steps, np.ones(n), MOST)[1], 1.0)
    ramp = thinned(steps, steps.astype(float), MOST)[1]
    np.testing.assert_allclose(ramp, xs, atol=0.5)
