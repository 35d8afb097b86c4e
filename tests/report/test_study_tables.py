"""A study's tables and curves: arms and seeds kept apart, what is missing named."""

from __future__ import annotations

import pytest
from report_runs import PAIRING, write_run

import paper_figures
from dmdrepro.experiments import STUDIES, Arm, Study, build
from dmdrepro.report import Band
from dmdrepro.report.study import curves, open_arms, study_tables

ARMS = (Arm("a"), Arm("b", {"distill.start": "random"}))
STUDY = Study("question", "Does it?", "chessboard", "laptop", ARMS)


def point(iterations, retention):
    pairing = PAIRING | {"retention": retention, "delta_e": 1.0, "delta_e_null": 4.0}
    return {"iterations": iterations, "pairing": pairing, "quality": {"ratio": 2.0}}


def write_arm(runs, arm, seed, retention):
    folder = write_run(
        runs, "chessboard", (4000,), seed=seed, settings=dict(arm.settings),
        along=[point(100, retention)], teacher_map=PAIRING,
        quality={name: {"ratio": 1.5} for name in ("student", "teacher_1", "teacher_8")},
    )  # fmt: skip
    folder.rename(folder.with_name(f"chessboard@{arm.name}"))


@pytest.fixture
def arms(tmp_path):
    for seed in (0, 1):
        write_arm(tmp_path, ARMS[0], seed, 0.5 + seed / 4)
    write_arm(tmp_path, ARMS[1], 1, 0.1)
    return open_arms(STUDY, tmp_path, (0, 1))


def test_arms_are_rows_with_their_own_seeds(arms):
    table = study_tables(STUDY, arms)[0]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(r["arm"], r["seeds"]) for r in rows] == [("a", "0, 1"), ("b", "1")]
    assert rows[0]["retention"] == Band(0.75, 0.75, 0.75)
    assert rows[0]["path"] == pytest.approx(2e-4 * (1200 - 10.5))


def test_what_is_missing_is_named_with_the_command_that_makes_it(arms):
    (row,) = study_tables(STUDY, arms)[-1].rows
    assert row == ("b", 0, "not run: python reproduce.py study question --seeds 0 --size laptop")


def test_curves_lead_from_the_start_that_the_student_had(arms):
    found = {(curve.arm, curve.seed): curve for curve in curves(arms)}
    assert list(found) == [("a", 0), ("a", 1), ("b", 1)]
    assert found["a", 1].iterations == [0, 100, 6000]
    assert found["a", 1].retention == [0.25, 0.75, 0.75]
    assert found["a", 1].share[1] == 0.25
    assert found["b", 1].iterations == [100, 6000]  # not Phi_1: it started from random weights


def test_the_figure_is_saved_with_every_line(arms, tmp_path):
    files = paper_figures.save_study("Does it?", curves(arms), tmp_path / "out")
    assert [file.name for file in files] == ["study.png", "study.pdf"]
    assert files[0].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    figure = paper_figures.study.draw_study(curves(arms))
    assert [len(axes.lines) - (axes.get_ylim()[0] < 0) * 2 for axes in figure.axes[:3]] == [3] * 3
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["a", "b"]
    assert paper_figures.save_study("Does it?", [], tmp_path / "none") == []


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
