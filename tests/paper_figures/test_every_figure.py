"""Each figure draws from whole, partial and absent runs."""

import re
from pathlib import Path

import numpy as np
import pytest
from fake_runs import ALL, made, write_run
from matplotlib.text import Text
from processes import flip
from report_runs import list_again

from dmdrepro import paper_figures
from dmdrepro.commands import advice
from dmdrepro.paper_figures.rows import chosen
from dmdrepro.paper_figures.run import last_run
from dmdrepro.paper_figures.words import pairing_words
from dmdrepro.runs.files import read_json, write_json
from dmdrepro.runs.results import Missing, open_results

FIGURES = pytest.mark.parametrize(
    "of_paper", paper_figures.FIGURES.values(), ids=lambda m: m.number
)
WITH_DELTA_E = (1, 2, 3, 5, 6, 7, 8, 9, 10)


def words(figure) -> str:
    """All that the figure says, on one line: a wrapped sentence is whole again."""
    return " ".join(" ".join(text.get_text() for text in figure.findobj(Text)).split())


def forget(folder: Path, *names: str) -> None:
    """Take files out of a finished stage, its manifest agreeing."""
    for name in names:
        (folder / name).unlink()
    list_again(folder)


def test_the_twelve_figures_are_numbered_and_captioned():
    assert list(paper_figures.FIGURES) == list(range(1, 13))
    for of_paper in paper_figures.FIGURES.values():
        assert set(of_paper.experiments) <= set(ALL)
        assert 60 < len(of_paper.caption) < 500


@FIGURES
def test_a_whole_run_leaves_no_panel_missing_and_names_size_and_company_of_delta_e(of_paper, whole):
    said = words(of_paper.draw(whole))
    assert "not run" not in said
    assert "was kept" not in said
    # One label for each run shown: a heading of its panels, or above each panel.
    assert said.count("laptop size (reduced), seed 0") >= len(of_paper.experiments)
    shown = said.count(r"$\Delta_E$ =")
    assert (shown > 0) == (of_paper.number in WITH_DELTA_E)
    assert len(re.findall(r"\(N = \d+\)", said)) == shown
    assert said.count("retention ") == said.count("null ") == shown


@FIGURES
def test_with_nothing_run_every_experiment_says_why_inside_its_panel(of_paper):
    long = "MMMM WWWW " * 6 + "and --offline was given with a_very_long_word_that_never_ends"
    figure = of_paper.draw({name: Missing(name, f"reason of {name}: {long}") for name in ALL})
    figure.canvas.draw()
    assert_inside(figure)
    for name in of_paper.experiments:
        assert f"reason of {name}" in words(figure)
    assert "not among the runs that were read" in words(of_paper.draw({}))


def assert_inside(figure) -> None:
    """Each panel's words lie within its box."""
    for axes in figure.axes:
        box = axes.get_window_extent()
        for text in axes.texts:
            inner = text.get_window_extent()
            assert box.x0 <= inner.x0
            assert inner.x1 <= box.x1
            assert box.y0 <= inner.y0
            assert inner.y1 <= box.y1


@pytest.mark.parametrize("number", [3, 5, 6, 7, 8])
def test_one_missing_run_leaves_the_others_drawn(number, whole):
    of_paper = paper_figures.FIGURES[number]
    for name in of_paper.experiments:
        said = words(of_paper.draw({**whole, name: Missing(name, "MNIST is absent")}))
        assert "MNIST is absent" in said
        drawn = said.count("laptop size (reduced), seed 0")
        assert drawn == len(of_paper.experiments) - 1


def test_what_one_stage_did_not_keep_is_said_in_that_panel_only(tmp_path):
    folder = write_run(tmp_path, "mnist")
    forget(folder / "evaluate-3072", "nearest_images.npy", "displacement.npy", "heatmap.npy")
    forget(folder / "distill-512", "log.jsonl")
    results = open_results(tmp_path, "laptop", 0, ["mnist"])
    figures = paper_figures.FIGURES

    nine = figures[9].draw(results)
    assert "no array nearest_images was kept" in words(nine)
    assert sum(len(axes.images) for axes in nine.axes) == 2  # both image bands, one of them short
    assert "no array displacement was kept" in words(figures[11].draw(results))
    ten = words(figures[10].draw(results))
    assert ten.count("no array heatmap was kept") == 1
    assert ten.count("retention") == 1
    four = words(figures[4].draw(results))
    assert "no curve: 512" in four
    assert "3,072" in four
    assert "was kept" not in words(figures[1].draw(results))


def test_a_snapshot_that_is_not_evaluated_yet_has_a_panel_that_says_so(tmp_path):
    results = made(tmp_path, "mnist", snapshots=(512,), planned=(512, 1024, 3072))
    for number in (9, 10):
        said = words(paper_figures.FIGURES[number].draw(results))
        assert "teacher at 3,072 iterations is not evaluated" in said
    assert "no curve: 1,024, 3,072" in words(paper_figures.FIGURES[4].draw(results))
    one = words(paper_figures.FIGURES[1].draw(results))
    assert "teacher 512 iterations" in one


def test_a_single_snapshot_leaves_the_comparison_open(tmp_path):
    results = made(tmp_path, "mnist", snapshots=(10,), n=12, heatmap=8, iterations=6)
    for of_paper in paper_figures.FIGURES.values():
        of_paper.draw(results)  # twelve samples and two generator updates are enough to draw
    said = words(paper_figures.FIGURES[10].draw(results))
    assert "a second is needed" in said


@pytest.mark.parametrize(
    "name", ["evaluate-3072/heatmap.npy", "sample-512/teacher_1.npy", "distill-3072/log.jsonl"]
)
def test_a_flipped_byte_is_said_in_every_panel_and_takes_none_from_other_runs(tmp_path, name):
    folder = write_run(tmp_path, "mnist")
    write_run(tmp_path, "chessboard")
    path = folder / name
    flip(path, -2)
    results = open_results(tmp_path, "laptop", 0, ["chessboard", "mnist"])
    found = results["mnist"]
    assert isinstance(found, Missing)
    assert found.reason == f"damaged: {name} is not the file that was written (changed or damaged)"
    assert str(path) in found.damage
    assert "make it again" in found.damage
    for of_paper in paper_figures.FIGURES.values():
        said = words(of_paper.draw(results))
        assert ("damaged: " in said) == ("mnist" in of_paper.experiments)
    three = words(paper_figures.FIGURES[3].draw(results))
    assert three.count("retention") == 1  # the chessboard's
    assert three.count("laptop size (reduced), seed 0") == 1


def remake(folder: Path, stage: str, name: str) -> None:
    """Make a stage anew with another `name`, as its command with --fresh would."""
    (folder / stage / name).write_bytes(b"made with another learning rate")
    forget(folder / stage)


@pytest.mark.parametrize(
    ("stage", "name", "remedy"),
    [
        ("distill-3072", "student.safetensors", "sample mnist --size laptop --seed 0 --fresh"),
        ("sample-512", "student.npy", "evaluate mnist --size laptop --seed 0 --fresh"),
    ],
)
def test_an_old_evaluation_is_never_shown_beside_a_new_student(tmp_path, stage, name, remedy):
    folder = write_run(tmp_path, "mnist")
    write_run(tmp_path, "chessboard")
    remake(folder, stage, name)
    results = open_results(tmp_path, "laptop", 0, ["chessboard", "mnist"], advice)
    found = results["mnist"]
    assert isinstance(found, Missing)
    assert remedy in found.reason
    assert not found.damage
    for of_paper in paper_figures.FIGURES.values():
        said = words(of_paper.draw(results))
        assert ("stale: " in said) == ("mnist" in of_paper.experiments)


def test_an_evaluation_whose_student_is_being_made_anew_is_not_shown(tmp_path):
    folder = write_run(tmp_path, "ring")
    (folder / "distill-3072" / "manifest.json").unlink()
    found = open_results(tmp_path, "laptop", 0, ["ring"], advice)["ring"]
    assert found.reason.startswith("stale: distill-3072 is not done")
    assert "python reproduce.py all ring --size laptop --seed 0" in found.reason


@FIGURES
def test_the_longest_stale_reason_stays_inside_its_panel(of_paper, tmp_path):
    for name in of_paper.experiments:
        remake(write_run(tmp_path, name), "distill-3072", "student.safetensors")
    figure = of_paper.draw(open_results(tmp_path, "laptop", 0, of_paper.experiments, advice))
    figure.canvas.draw()
    assert "then `evaluate` likewise" in words(figure)
    assert_inside(figure)


def test_the_four_snapshots_of_figure_9_are_the_papers_where_the_run_has_them():
    assert chosen((1024, 2048, 3072, 4096, 6144, 8192)) == (1024, 2048, 4096, 8192)
    assert chosen((512, 3072)) == (512, 3072)
    assert chosen((1, 2, 3, 4, 5, 6)) == (1, 3, 4, 6)


def test_figure_11_and_12_show_the_arrays_with_their_lines(whole):
    run = whole["mnist"]
    eleven = paper_figures.FIGURES[11].draw(whole).axes[0]
    points = eleven.collections[0].get_offsets()
    expected = [run.array(3072, "mean_distance"), run.array(3072, "displacement")]
    np.testing.assert_array_equal(np.asarray(points), np.stack(expected, axis=1))
    (line,) = eleven.lines
    assert set(line.get_ydata()) == {0.0}
    assert line.get_linestyle() == "--"
    low, high = eleven.get_ylim()
    assert low < 0.0 < high
    assert "Pearson \N{MINUS SIGN}0.42" in words(eleven.figure)

    twelve = paper_figures.FIGURES[12].draw(whole).axes[0]
    counts = [patch.get_height() for patch in twelve.patches]
    assert sum(counts) == len(run.array(3072, "memorisation_ratio"))
    assert set(twelve.lines[0].get_xdata()) == {1 / 3}


@pytest.mark.parametrize(
    ("null", "said"),
    [("second draw", "(second draw)"), ("class", "(class)"), ("all", "(all pairs)")],
)
def test_the_heading_of_a_conditional_run_names_it(tmp_path, null, said):
    folder = write_run(tmp_path, "mlp-manifold") / "evaluate-3072"
    record = read_json(folder / "record.json")
    record["config"]["data"] = {"classes": 10}
    record["pairing"]["null"] = null
    write_json(folder / "record.json", record)
    list_again(folder)
    results = open_results(tmp_path, "laptop", 0, ["mlp-manifold", "mnist-conditional"])
    assert pairing_words(last_run(results, "mlp-manifold").pairing())[1].endswith(said)
    assert said in words(paper_figures.FIGURES[8].draw(results))


def test_an_unconditional_heading_is_as_before(tmp_path):
    run = last_run(made(tmp_path, "mnist"), "mnist")
    found = pairing_words(run.pairing())
    assert "(" not in found[1]
    assert pairing_words({**run.record("pairing"), "null": "all"}) == found
