"""A figure of before goes into the report only where it shows the results of now."""

import numpy as np
import pytest
from fake_runs import made, make_agree, write_run

from dmdrepro import paper_figures
from dmdrepro.runs.files import read_json, write_json
from dmdrepro.runs.results import open_results

MODULE = paper_figures.FIGURES[2]


def kept(runs, folder):
    return paper_figures.kept_png(MODULE, open_results(runs, "laptop", 0, ["chessboard"]), folder)


@pytest.fixture
def drawn(tmp_path):
    """(runs, folder) with Figure 2 of a chessboard."""
    results = made(tmp_path / "runs", "chessboard")
    paper_figures.save_all(results, tmp_path / "figures", only=[2])
    return tmp_path / "runs", tmp_path / "figures"


def test_its_bytes_are_given_where_it_shows_these_results(drawn):
    runs, folder = drawn
    assert kept(runs, folder) == (folder / "figure_02.png").read_bytes()


def test_one_that_was_never_drawn_is_refused(drawn, tmp_path):
    with pytest.raises(paper_figures.Unavailable, match="has not been drawn"):
        kept(drawn[0], tmp_path / "elsewhere")


def test_one_of_another_configuration_is_refused(drawn, tmp_path):
    write_run(tmp_path / "others", "chessboard", iterations=601)
    with pytest.raises(paper_figures.Unavailable, match="drawn from other results"):
        kept(tmp_path / "others", drawn[1])


@pytest.mark.parametrize("changed", ["the samples", "a number", "nothing but the clock"])
def test_one_of_the_same_configuration_is_kept_only_where_the_results_are_the_same(drawn, changed):
    """Another engine, another device or a mended metric leave the configuration as it was."""
    runs, folder = drawn
    place = runs / "laptop/seed0/chessboard"
    record = read_json(place / "evaluate-3072/record.json")
    if changed == "the samples":
        student = place / "sample-3072/student.npy"
        np.save(student, np.load(student) + np.float32(1e-3))
    elif changed == "a number":
        record["pairing"]["delta_e"] *= 1.001
    else:
        record["provenance"] = {"wall_s": 12.5, "finished": "2026-11-26T00:00:00+00:00"}
    write_json(place / "evaluate-3072/record.json", record)
    make_agree(place, 3072)
    if changed == "nothing but the clock":
        assert kept(runs, folder)
        return
    with pytest.raises(paper_figures.Unavailable, match="drawn from other results"):
        kept(runs, folder)


def test_one_of_results_that_are_damaged_now_is_refused(drawn):
    runs, folder = drawn
    (runs / "laptop/seed0/chessboard/evaluate-3072/record.json").write_text("{}")
    with pytest.raises(paper_figures.Unavailable, match="drawn from other results"):
        kept(runs, folder)


@pytest.mark.parametrize("damage", ["empty", "half", "flipped", "no image"])
def test_one_that_is_no_whole_png_is_refused(drawn, damage):
    runs, folder = drawn
    file = folder / "figure_02.png"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x55
    broken = {
        "empty": b"",
        "half": file.read_bytes()[: len(data) // 2],
        "flipped": bytes(data),
        "no image": b"<svg/>",
    }
    file.write_bytes(broken[damage])
    with pytest.raises(paper_figures.Unavailable, match="is damaged"):
        kept(runs, folder)
