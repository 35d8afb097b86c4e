"""What a new measure costs: one file like this one's first half, and its line in MEASURES."""

import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from command import SMOKE, command
from conftest import ROOT

import dmdrepro.measures as measures
from dmdrepro.experiments import Study, build
from dmdrepro.measures.along import study_charts
from dmdrepro.measures.chart import Chart, Line
from dmdrepro.measures.measure import Measure, Measured, Quantity
from dmdrepro.measures.table import Table
from dmdrepro.report.figures import save_study
from dmdrepro.report.study import study_tables, study_ways
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.results import open_results
from dmdrepro.runs.shape import Maybe, number, problem
from dmdrepro.stages.context import Context
from dmdrepro.stages.evaluate import make_evaluation
from dmdrepro.stages.run import Run
from dmdrepro.training.session import Session


def measure(of):
    found = {name: {"value": float(of.samples[name].std())} for name in (*of.kept, "student")}
    return Measured({"width": found.pop("student")}, found)


def table(students):
    rows = tuple((*student.place, student.cell("width", "value")) for student in students)
    return Table("width", "How wide", ("experiment", "size", "teacher iterations", "width"), rows)


def charts(students):
    xs, values = zip(*((s.snapshot, s.cell("width", "value")) for s in students), strict=True)
    return [Chart("Width by teacher", "teacher iteration", (Line("width", xs, values, name="G"),))]


SHAPE = {"value": number}
WIDTH = Measure(
    "width",
    "How wide",
    measure=measure,
    shape={"width": Maybe(SHAPE)},
    at_stop=SHAPE,
    quantities=(Quantity("width", ("value",), "Width", by=("path",)),),
    table=table,
    charts=charts,
    figure="How wide the student's samples lie",
    sentence=lambda student: f"Its samples are {student.cell('width', 'value'):.3f} wide.",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished smoke run with the measure among the others."""
    runs = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measures, "MEASURES", (*measures.MEASURES, WIDTH))
        command("all", "chessboard", *SMOKE, "--runs", runs)
        yield runs / "smoke/seed0"


def test_it_is_in_the_record_at_every_stop(folder):
    record = json.loads((folder / "chessboard/evaluate-60/record.json").read_text())
    stops = [*record["along"], {"iterations": None, **record}]
    for stop, name in zip(stops, ("student_10", "student_20", "student"), strict=True):
        samples = np.load(folder / f"chessboard/sample-60/{name}.npy")[:64]
        assert stop["width"]["value"] == pytest.approx(samples.std(ddof=1), rel=1e-5)


def test_it_is_in_the_tables_on_the_page_and_among_the_figures(folder):
    head, start, *rows = (folder / "tables/along_distillation.csv").read_text().splitlines()
    place = head.split(",").index("width")
    assert start.split(",")[place] == ""  # of Phi_1 it measures nothing
    assert all(float(row.split(",")[place]) > 0 for row in rows)
    assert (
        "| chessboard | smoke size (reduced) | 60 | 0." in (folder / "tables/width.md").read_text()
    )
    page = (folder / "report.html").read_text()
    for words in (">How wide<", ">Width<", ">Width by teacher<", "Its samples are 0."):
        assert words in page
    assert (folder / "figures/width.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Measured({"width": {"value": torch.ones(())}}), "width.value is no JSON value"),
        (Measured({"width": {"value": math.nan}}), "width.value is no JSON value"),
        (Measured({"width": {"value": "wide"}}), "width.value is missing or not"),
        (Measured({"widht": {"value": 1.0}}), "width is missing or not"),
        (
            Measured({"width": None}, {"student_10": {"valeu": 1.0}}),
            "width.value is missing or not",
        ),
        ({"width": {"value": 1.0}}, "returns dict, not Measured"),
    ],
)
def test_a_record_that_no_reader_would_take_is_refused(folder, tmp_path, monkeypatch, found, said):
    made_before = shutil.ignore_patterns("evaluate-*")
    shutil.copytree(folder / "chessboard", tmp_path / "smoke/seed0/chessboard", ignore=made_before)
    monkeypatch.setattr(measures, "MEASURES", (replace(WIDTH, measure=lambda of: found),))
    with pytest.raises(RunError, match=f"The measure width:? {said}"):
        make_evaluation(
            Run(build("chessboard", "smoke"), tmp_path), 60, Context(Session(), say=str)
        )


def test_a_study_has_its_column_and_panel(folder, tmp_path):
    results = open_results(
        folder.parents[1], "smoke", 0, ["chessboard"], shape=measures.evaluation()
    )
    arms = {name: [result] for name, result in results.items()}
    study = study_tables(Study("q", "?", "chessboard", "smoke", ()), arms)[0]
    assert study.rows[0][study.columns.index("width")] > 0
    assert "Width" in [chart.title for chart in study_charts(study_ways(arms))]
    assert len(save_study("?", arms, tmp_path)) == 2


def test_a_key_that_may_be_missing_is_checked_where_it_is():
    record = json.loads((ROOT / "docs/published/laptop-mnist-3072-seed0.json").read_text())
    assert not problem(record, measures.evaluation())
    assert problem(record | {"data_spread": "wide"}, measures.evaluation()) == "data_spread"
