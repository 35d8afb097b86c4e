"""A study's tables and curves: arms and seeds kept apart, what is missing named."""

import numpy as np
import pytest
from report_runs import write_arm, write_run

from dmdrepro.experiments import STUDIES, Arm, Study, build
from dmdrepro.measures.along import study_charts
from dmdrepro.paper_figures.curves import draw_curves
from dmdrepro.paper_figures.style import COLOURS
from dmdrepro.report import Band
from dmdrepro.report.figures import save_study
from dmdrepro.report.page.chart import COLOURS as PAGE_COLOURS
from dmdrepro.report.study import open_arms, open_studies, study_tables, study_ways

ARMS = (Arm("a"), Arm("b", {"distill.start": "random"}))
STUDY = Study("question", "Does it?", "chessboard", "laptop", ARMS)


@pytest.fixture
def arms(tmp_path):
    for seed in (0, 1):
        write_arm(tmp_path, STUDY, ARMS[0], seed, 0.5 + seed / 4)
    write_arm(tmp_path, STUDY, ARMS[1], 1, 0.1)
    return open_arms(STUDY, tmp_path, (0, 1))


def test_arms_are_rows_with_their_own_seeds(arms):
    table = study_tables(STUDY, arms)[0]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(r["arm"], r["seeds"]) for r in rows] == [("a", "0, 1"), ("b", "1")]
    assert rows[0]["retention"] == Band(0.75, 0.75, 0.75)
    assert [r["retention untrained"] for r in rows] == [Band(0.25, 0.25, 0.25), None]
    assert rows[0]["path"] == pytest.approx(2e-4 * (1200 - 10.5))


def test_what_is_missing_is_named_with_the_command_that_makes_it(arms):
    (row,) = study_tables(STUDY, arms)[-1].rows
    assert row == ("b", 0, "not run: python reproduce.py study question --seeds 0 --size laptop")


def test_curves_lead_from_the_start_that_the_student_had(arms):
    found = {(way.student.experiment, way.seed): way for way in study_ways(arms)}
    assert list(found) == [("a", 0), ("a", 1), ("b", 1)]
    assert found["a", 1].iterations == [0, 100, 6000]
    assert found["a", 1].values("pairing", ["retention"]) == [0.25, 0.75, 0.75]
    assert found["a", 1].values("pairing", ["concordance"])[1] == 0.625
    assert found["b", 1].iterations == [100, 6000]  # not Phi_1: it started from random weights


def test_a_student_of_an_exact_teacher_did_not_start_as_its_phi_1(tmp_path):
    arm = Arm("exact", {"distill.real_score": "exact"})
    write_arm(tmp_path, STUDY, arm, 0, 0.5)
    opened = open_arms(Study("q", "?", "chessboard", "laptop", (arm,)), tmp_path, (0,))
    assert study_ways(opened)[0].iterations == [100, 6000]


def test_a_seed_of_another_configuration_is_left_out_and_named(tmp_path):
    for seed, lr in ((0, "0.1"), (1, "0.2"), (2, "0.1")):
        write_arm(tmp_path, STUDY, Arm("a", {"distill.lr": lr}), seed, 0.5)
    found = open_arms(STUDY, tmp_path, (0, 1, 2))
    assert [way.seed for way in study_ways(found)] == [0, 2]
    table = study_tables(STUDY, found)[0]
    assert table.rows[0][-1] == "0, 2"
    assert "In a: seed 1 is left out, it has distill.lr 0.2 instead of 0.1." in table.notes


def test_a_record_that_lacks_a_number_leaves_a_gap(tmp_path):
    write_arm(tmp_path, STUDY, ARMS[0], 0, 0.5, quality={"n": 1000}, pairing_untrained=None)
    charts = study_charts(study_ways(open_arms(STUDY, tmp_path, (0,))), ["path"])
    found = {chart.title: chart.lines[0].ys for chart in charts}
    np.testing.assert_equal(found["Retention"], [np.nan, 0.5, 0.75])
    np.testing.assert_equal(found["Quality of G"], [np.nan, 2.0, np.nan])
    np.testing.assert_equal(found["Concordance"], [np.nan, 0.625, 0.625])


def test_the_studies_of_a_seed_are_found_over_all_seeds_that_have_them(tmp_path):
    start, batch = STUDIES["start"], STUDIES["batch"]
    for seed in (2, 0):
        write_arm(tmp_path, start, start.arms[0], seed, 0.5)
    write_arm(tmp_path, batch, batch.arms[1], 1, 0.5)
    (found,) = open_studies(tmp_path, "laptop", 2)
    assert found.study == start
    seeds = [(arm, [r.seed for r in opened]) for arm, opened in found.arms.items()]
    assert seeds == [(f"start={name}", [2, 0]) for name in ("teacher", "random", "exact")]
    assert [each.study.name for each in open_studies(tmp_path, "laptop", 1)] == ["batch"]
    assert open_studies(tmp_path, "laptop", 3) == open_studies(tmp_path, "paper", 2) == []
    (tmp_path / "laptop/seed4/chessboard@start=random/distill-4000").mkdir(parents=True)
    assert open_studies(tmp_path, "laptop", 4) == []  # begun, and nothing to show


def test_the_figure_is_saved_with_every_line(arms, tmp_path):
    files = save_study("Does it?", arms, tmp_path / "out")
    assert [file.name for file in files] == ["study.png", "study.pdf"]
    assert files[0].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    figure = draw_curves(study_charts(study_ways(arms)))
    drawn = [[line.get_label() for line in axes.lines] for axes in figure.axes]
    assert [label[:3] for label in drawn] == [["a, seed 0", "a, seed 1", "b, seed 1"]] * 4
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["a", "b"]
    assert save_study("Does it?", {}, tmp_path / "none") == []


def test_students_of_several_teachers_are_rows_and_lines_of_their_own(tmp_path):
    arm = Arm("w", {}, every_teacher=True)
    write_run(tmp_path, "chessboard", (1000, 4000), settings={"teacher.snapshots": "1000,4000"})
    (tmp_path / "laptop/seed0/chessboard").rename(tmp_path / "laptop/seed0/chessboard@w")
    study = Study("q", "?", "chessboard", "laptop", (arm,))
    opened = open_arms(study, tmp_path, (0,))
    names = ["w, teacher 1,000", "w, teacher 4,000"]
    assert [row[0] for row in study_tables(study, opened)[0].rows] == names
    for chart in study_charts(study_ways(opened)):
        assert [(line.colour, line.name) for line in chart.lines] == [*enumerate(names)]


def test_a_student_that_the_first_seed_lacks_is_shown_and_what_it_lacks_is_named(tmp_path):
    arms = Arm("w", {"teacher.snapshots": "1000,4000"}, every_teacher=True), Arm("last")
    study = Study("q", "?", "chessboard", "laptop", arms)
    for seed, snapshots in enumerate(((4000,), (1000, 4000))):
        here = tmp_path / f"laptop/seed{seed}"
        for arm in arms:
            write_run(tmp_path, "chessboard", snapshots, seed=seed, settings=dict(arm.settings))
            (here / "chessboard").rename(here / f"chessboard@{arm.name}")
    opened = open_arms(study, tmp_path, (0, 1))
    shown, not_run = study_tables(study, opened)
    found = [(row[0], row[-1]) for row in shown.rows]
    assert found[:2] == [("w, teacher 1,000", "1"), ("w, teacher 4,000", "0, 1")]
    assert ("w, teacher 1,000", 1) in {(way.student.name, way.seed) for way in study_ways(opened)}
    why = "teacher at 1,000 iterations: not evaluated yet"
    assert not_run.rows == (("w", 0, why),)  # of `last` that student is not planned


def test_the_only_student_of_a_lesser_teacher_is_named_with_it(tmp_path):
    arm = Arm("w", {"teacher.snapshots": "1000,4000"}, every_teacher=True)
    write_run(tmp_path, "chessboard", (1000,), settings=dict(arm.settings))
    seed = tmp_path / "laptop/seed0"
    (seed / "chessboard").rename(seed / "chessboard@w")
    opened = open_arms(Study("q", "?", "chessboard", "laptop", (arm,)), tmp_path, (0,))
    assert [way.student.name for way in study_ways(opened)] == ["w, teacher 1,000"]


@pytest.mark.parametrize("study", STUDIES.values(), ids=list(STUDIES))
def test_every_student_of_a_study_has_a_colour_of_its_own(study):
    many = [
        study.build(arm, 0).teacher.snapshots if arm.every_teacher else [0] for arm in study.arms
    ]
    assert sum(map(len, many)) <= min(len(set(COLOURS)), PAGE_COLOURS)


@pytest.mark.parametrize("name", STUDIES)
def test_every_arm_of_every_study_is_a_valid_experiment(name):
    study = STUDIES[name]
    assert study.name == name
    assert len({arm.name for arm in study.arms}) == len(study.arms)
    for size in ("smoke", "laptop", "paper"):
        for arm in study.arms:
            study.at(size).build(arm, 3)


def test_an_arm_has_its_own_teacher_only_where_it_changes_it():
    assert not Arm("x", {"distill.lr": "1", "sampling.total": "5"}).own_teacher
    assert Arm("x", {"data.ambient_dim": "8"}).own_teacher
    assert build("chessboard", "laptop").distill.start == "teacher"
