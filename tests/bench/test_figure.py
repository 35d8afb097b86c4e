"""The figure of Delta_E's cost shows the record's rows and no others."""

from __future__ import annotations

import pytest

from dmdrepro.bench import draw_scaling
from dmdrepro.bench.figure import _figure

FACTS = {"device": "cpu", "threads": 1, "torch": "2", "commit": None}
ROWS = [
    {"n": n, "d": d, "way": way, "cpu_s": n * seconds, "wall_s": 9e9}
    for way, seconds in (("ours", 1e-3), ("another", 2e-3))
    for d in (4, 256)
    for n in (1000, 100)
    if (way, d, n) != ("another", 256, 1000)
]


def test_every_point_is_a_measured_row():
    figure = _figure({"scaling": ROWS, "provenance": FACTS})
    drawn = {
        (d, line.get_label(), n, seconds)
        for d, axes in zip((4, 256), figure.axes, strict=True)
        for line in axes.lines
        for n, seconds in zip(*line.get_data(), strict=True)
    }
    assert drawn == {(r["d"], r["way"], r["n"], r["cpu_s"]) for r in ROWS}


def test_the_file_is_the_same_each_time(tmp_path):
    for name in ("a.png", "b.png"):
        draw_scaling({"scaling": ROWS, "provenance": FACTS}, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_record_without_rows_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no rows of Delta_E over N"):
        draw_scaling({"scaling": [], "provenance": FACTS}, tmp_path / "a.png")
