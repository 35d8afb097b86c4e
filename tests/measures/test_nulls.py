"""Tables and page say what the null of a class-conditional student is over."""

import pytest
from page_runs import kept, page_of, section
from report_runs import PAIRING, rows_in, rows_of, tables_in, write_arm, write_run

from dmdrepro.experiments import STUDIES
from dmdrepro.measures.along import study_charts
from dmdrepro.measures.table import Band
from dmdrepro.report.study import open_arms, study_tables, study_ways
from dmdrepro.runs.published import Published

NAME = "mlp-manifold"
SECOND = {"pairing": {**PAIRING, "null": "second draw"}}
CLASS = {"pairing": {**PAIRING, "null": "class"}}
POINT = {"n": 100, "sets": 1, "delta_e": [1.0], "delta_e_null": [2.0], "retention": [0.5]}
RECORD = {"size": "laptop", "seed": 0}
OVER_N = [{**POINT, "concordance": [0.5], "null": "class"}]


def notes(runs, name="paper_and_ours", size="laptop"):
    return [note for note in tables_in(runs, size)[name].notes if note.startswith("Null: ")]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (SECOND, "Null: second draw, of mlp-manifold: "),
        (CLASS, "Null: class, of mlp-manifold: "),
        ({}, "Null: all pairs, of mlp-manifold: evaluated before"),
    ],
)
def test_the_tables_name_the_null_of_conditional_students_alone(tmp_path, parts, words):
    write_run(tmp_path, NAME, (1536,), **parts, **kept((50, 0.5, 0.5)))
    write_run(tmp_path, "chessboard", (4000,))
    for name in ("paper_and_ours", "along_distillation"):
        (note,) = notes(tmp_path, name)
        assert note.startswith(words)
    assert words in section(page_of(tmp_path), NAME).text
    assert "Null: " not in section(page_of(tmp_path), "chessboard").text


def test_without_conditional_students_nothing_is_said(tmp_path):
    write_run(tmp_path, "chessboard", (4000,))
    write_run(tmp_path, "mnist", (512,))
    assert notes(tmp_path) == []


def test_the_curve_over_n_has_a_null_of_its_own(tmp_path):
    write_run(tmp_path, NAME, (1536,), over_n=OVER_N, **SECOND)
    assert [note.partition(",")[0] for note in notes(tmp_path)] == ["Null: second draw"]
    assert [note.partition(",")[0] for note in notes(tmp_path, "over_n")] == ["Null: class"]


def test_the_verdict_says_it_too(tmp_path):
    write_run(tmp_path, NAME, (8192,), size="paper", **SECOND)
    (note,) = notes(tmp_path, "verdict", "paper")
    assert note.startswith("Null: second draw, of mlp-manifold")


def test_a_seed_whose_null_is_over_all_pairs_is_not_averaged_with_the_others(tmp_path):
    write_run(tmp_path, NAME, (1536,), **SECOND)
    write_run(tmp_path, NAME, (1536,), seed=1, pairing={**PAIRING, "retention": 0.9})
    more = {**CLASS["pairing"], "retention": 0.25}  # another estimate of the same number
    write_run(tmp_path, NAME, (1536,), seed=2, pairing=more)
    table = tables_in(tmp_path)["paper_and_ours"]
    (row,) = [r for r in rows_of(table) if r["experiment"] == NAME]
    assert row["seeds"] == "0, 2"
    assert row["retention"] == Band(0.5, 0.25, 0.75)
    assert any("seed 1 is left out, its null is over all pairs" in note for note in table.notes)


def test_unconditional_seeds_of_before_and_now_are_one_row(tmp_path):
    write_run(tmp_path, "chessboard", (4000,))
    write_run(tmp_path, "chessboard", (4000,), seed=1, pairing={**PAIRING, "null": "all"})
    found = rows_in(tmp_path, "paper_and_ours")
    assert next(r for r in found if r["experiment"] == "chessboard")["seeds"] == "0, 1"


def test_the_page_says_what_an_independent_pairing_shares(tmp_path):
    write_run(tmp_path, NAME, (1536,), **CLASS)
    write_run(tmp_path, "chessboard", (4000,))
    page = page_of(tmp_path)
    assert "of an independent pairing within the class " in section(page, NAME).text
    assert "of an independent pairing " in section(page, "chessboard").text


def test_a_studys_table_and_curves_say_it(tmp_path):
    study = STUDIES["adversarial"].at("laptop")
    for arm in study.arms:
        write_arm(tmp_path, study, arm, 0, 0.5, pairing=SECOND["pairing"])
    arms = open_arms(study, tmp_path, [0])
    table = study_tables(study, arms)[0]
    assert any(note.startswith("Null: second draw, of ") for note in table.notes)
    notes = {chart.title: chart.note for chart in study_charts(study_ways(arms))}
    assert notes["Concordance"].endswith("; null: second draw")


@pytest.mark.parametrize(
    ("data", "conditional"),
    [
        ({"resolution": 16, "conditional": True}, True),
        ({"resolution": 16, "conditional": False}, False),
        ({"resolution": 16, "classes": 10}, True),
        ({"ambient_dim": 4, "components": 32}, False),
        (None, False),
    ],
)
def test_a_configuration_says_whether_the_networks_are_told_a_class(data, conditional):
    for pairing, mark in (({}, "all pairs" if conditional else ""), ({"null": "class"}, "class")):
        record = {**RECORD, "config": {"data": data}, "pairing": pairing}
        assert Published("ring", {100: record}).null(100) == mark


def test_figure_11_says_how_a_conditional_student_was_re_paired(tmp_path):
    found = {"value": -0.5, "low": -0.6, "high": -0.4}
    keys = ("pearson", "pearson_student_repaired", "pearson_repaired")
    boundary = {"n": 1000, "level": 0.95, **dict.fromkeys(keys, found)}
    write_run(tmp_path, NAME, (1536,), boundary={**boundary, "repaired": "class"})
    write_run(tmp_path, "mnist-conditional", (2048,), boundary=boundary)
    write_run(tmp_path, "mnist", (512,), boundary=boundary)
    rows = rows_in(tmp_path, "figures_11_12")
    ends = {
        row["experiment"]: row["quantity"].partition("re-paired")[2]
        for row in rows
        if "re-paired" in row["quantity"]
    }
    expected = {NAME: " within the class", "mnist-conditional": " over all classes", "mnist": ""}
    assert ends == expected
