"""The report's first screen: one sentence, a dot a seed on a true scale, and two clouds."""

import io
import re

import numpy as np
import pytest
from conftest import ROOT
from page_runs import page_bytes, page_of, write_runs
from PIL import Image
from report_runs import IMAGES, PAIRING, write_run

from dmdrepro.experiments import REGISTRY
from dmdrepro.paper_figures import FIGURES
from dmdrepro.report import Picture, Table
from dmdrepro.report.page.page import LIMIT
from dmdrepro.report.page.tables import varying


def places(row) -> list[float]:
    """Where a row's dots lie, in percent of the scale."""
    dots = row.classed("dot")
    return [float(re.search(r"left: (.*)%", dot.attributes["style"])[1]) for dot in dots]


def test_one_sentence_names_every_experiment_with_its_answer(tmp_path):
    kept = {"chessboard": 0.125, "moons": 0.75, "ring": 0.25, "mnist": 0.9375}
    for name, retention in kept.items():
        delta_e = (1 - retention) * PAIRING["delta_e_null"]
        found = {**PAIRING, "retention": retention, "delta_e": delta_e}
        write_run(tmp_path, name, (512,), pairing=found)
    assert page_of(tmp_path).classed("sentence")[0].text == (
        "The student copies its teacher's pairing on mnist, keeps a part of its teacher's pairing "
        "on moons, and loses most of its teacher's pairing on chessboard and ring."
    )


def test_each_seed_is_a_dot_on_a_scale_from_the_smallest_to_one(tmp_path):
    for seed, retention in enumerate((-0.5, 0.25, 1.0)):
        write_run(tmp_path, "ring", (4000,), seed=seed, pairing={**PAIRING, "retention": retention})
    write_run(tmp_path, "moons", (4000,), pairing={**PAIRING, "retention": "nan"})
    write_run(tmp_path, "chessboard", (4000,), pairing={**PAIRING, "retention": -7.0})
    page = page_of(tmp_path)
    rows = page.classed("kept")[0].all("tbody")[0].all("tr")
    by_name = {row.all("td")[0].text.split()[0]: row for row in rows}
    assert places(by_name["ring"]) == [25.0, 62.5, 100.0]  # -1 is at 0
    assert places(by_name["moons"]) == []
    assert places(by_name["chessboard"]) == [0.0]
    assert "at -1 or below" in page.text
    titles = [dot.attributes["title"] for dot in by_name["ring"].classed("dot")]
    assert titles[0] == "seed 0: retention -0.500"
    assert "Delta_E 0.500, null 2.00" in by_name["ring"].text


def test_a_noise_has_one_colour_in_both_clouds(tmp_path):
    page = page_of(write_runs(tmp_path))
    clouds = [svg for svg in page.all("svg") if svg.attributes["class"] == "cloud"]
    assert [svg.attributes["aria-label"].partition(":")[0] for svg in clouds] == [
        *["chessboard"] * 2,
        *["mnist"] * 2,
    ]
    teacher, student = ([c.attributes["fill"] for c in svg.all("circle")] for svg in clouds[:2])
    assert len(teacher) == 20  # every point of the teacher lies within
    assert [colour for colour in teacher if colour in student] == student


def test_a_column_that_does_not_vary_is_said_once():
    rows = (("a", "smoke", 5, 0.5, None), ("b", "smoke", 5, 0.5, None))
    table, words = varying(Table("t", "T", ("name", "size", "N", "found", "empty"), rows))
    assert words == "size smoke; N 5"
    assert table.columns == ("name", "found")
    alone, words = varying(Table("t", "T", ("name", "N"), (("a", 5),)))
    assert (alone.columns, words) == (("name", "N"), "")


@pytest.mark.parametrize("drawn", ["laptop", "noise"])
def test_with_all_figures_the_page_has_at_most_two_megabytes(tmp_path, drawn):
    for name in REGISTRY:
        write_run(tmp_path, name, (512,))
    assert set(IMAGES) < set(REGISTRY)
    if drawn == "laptop":
        files = sorted((ROOT / "docs/laptop").glob("figure_*.png"))
        pngs = [file.read_bytes() for file in files]
    else:  # which nothing compresses
        pixels = np.random.default_rng(0).integers(0, 256, (1300, 1485, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(buffer := io.BytesIO(), "PNG", compress_level=1)
        pngs = [buffer.getvalue()]
    modules = list(FIGURES.items())[: len(pngs)]
    pictures = [Picture(n, "A.", m.experiments, pngs[n - 1]) for n, m in modules]
    page = page_bytes(tmp_path, pictures=pictures)
    assert page.count(b"<img ") == len(pngs)
    assert len(page) <= LIMIT == 2_000_000
