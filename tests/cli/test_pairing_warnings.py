"""Doubts about samples: printed by `compare`, kept by the stage, shown in table and page."""

import html
import json

import numpy as np
import pytest
from command import SMOKE, command, record_of, saved

from dmdrepro.metrics import pairing_inefficiency

SHORT = ("--set", "teacher.snapshots=10", "--set", "distill.iterations=10")


def test_pairs_prints_and_writes_them(tmp_path):
    unit = np.random.default_rng(0).random((60, 8))
    pair = saved(tmp_path, teacher=(255 * unit).astype(np.uint8), student=2 * unit - 1)
    printed = command("compare", *pair, "--out", tmp_path / "record.json")
    record = json.loads((tmp_path / "record.json").read_text())
    assert len(record["warnings"]) == 2
    for sentence in record["warnings"]:
        assert f"Warning: {sentence}" in printed.splitlines()
    assert "are both in the same units?" in printed


def test_pairs_prints_nothing_where_there_are_none(tmp_path):
    rng = np.random.default_rng(0)
    pair = saved(tmp_path, teacher=rng.random((60, 8)), student=rng.random((60, 8)))
    assert "arning" not in command("compare", *pair, "--out", tmp_path / "record.json")
    assert json.loads((tmp_path / "record.json").read_text())["warnings"] == []


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A student of ten iterations, which is still at its start: it hardly varies."""
    runs = tmp_path_factory.mktemp("doubted")
    printed = command("all", "chessboard", *SMOKE, *SHORT, "--runs", runs)
    return runs, printed


def test_the_stage_keeps_them_and_the_report_shows_them(run):
    runs, printed = run
    folder = runs / "smoke/seed0"
    record = record_of(runs, "chessboard/evaluate-10")
    samples = [
        np.load(folder / f"chessboard/sample-10/{name}.npy") for name in ("teacher_8", "student")
    ]
    n = record["config"]["sampling"]["pairing"]
    sentences = pairing_inefficiency(*(x[:n] for x in samples)).warnings
    assert sentences[0].startswith("The student hardly varies: ")
    assert record["pairing"]["warnings"] == list(sentences)
    assert record["teacher_map"]["warnings"] == []
    stage = "evaluate chessboard, seed 0 (teacher of 10 iterations)"
    assert f"Warning: {stage}: {sentences[0]}" in printed
    table = (folder / "tables/paper_and_ours.md").read_text()
    assert f"Warning: chessboard, teacher at 10 iterations. Seed 0: {sentences[0]}" in table
    page = html.unescape((folder / "report.html").read_text())
    assert f"Teacher of 10 iterations. Seed 0: {sentences[0]}</p>" in page
