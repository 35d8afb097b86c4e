"""The table over N and the page's curves of it."""

import pytest
from page_runs import page_of, section
from report_runs import rows_in, tables_in, write_run

from dmdrepro.measures.table import Band


def point(n, *delta_e):
    values = list(delta_e)
    others = {"delta_e_null": [10.0] * len(values), "retention": [0.5] * len(values)}
    return {"n": n, "sets": len(values), "delta_e": values, **others, "concordance": values}


CURVE = [point(100, 1.0, 3.0), point(1000, 4.0)]


def test_a_row_for_each_n_with_the_spread_of_the_sets(tmp_path):
    write_run(tmp_path, "ring", (4000,), over_n=CURVE)
    write_run(tmp_path, "ring", (4000,), seed=1, over_n=[point(100, 7.0)])  # another seed's own
    rows = rows_in(tmp_path, "over_n")
    assert [(row["N"], row["sets"], row["seed"]) for row in rows] == [(100, 2, 0), (1000, 1, 0)]
    assert [row["Delta_E"] for row in rows] == [Band(2.0, 1.0, 3.0), 4.0]
    assert rows[0]["null"] == Band(10.0, 10.0, 10.0)


def test_of_several_teachers_the_longest_trained(tmp_path):
    write_run(tmp_path, "mnist", (512, 3072), over_n=CURVE)
    rows = rows_in(tmp_path, "over_n")
    assert {row["teacher iterations"] for row in rows} == {3072}


def test_infinite_values_stay_what_they_are(tmp_path):
    write_run(tmp_path, "ring", (4000,), over_n=[point(100, "inf")])
    (row,) = rows_in(tmp_path, "over_n")
    assert row["Delta_E"] == float("inf")


def test_the_table_says_if_a_null_is_not_of_all_rows(tmp_path):
    curve = [point(100, 1.0) | {"company": [12]}, point(1000, 1.0) | {"company": [1000]}]
    write_run(tmp_path, "mlp-manifold", (1536,), over_n=curve)
    said = [
        note for note in tables_in(tmp_path)["over_n"].notes if "another of their class" in note
    ]
    assert [note.partition(" rows")[0] for note in said] == ["mlp-manifold, N = 100: 12"]


def test_records_from_before_make_no_table(tmp_path):
    write_run(tmp_path, "ring", (4000,))
    assert "over_n" not in tables_in(tmp_path)


def test_the_page_draws_the_means_and_says_them(tmp_path):
    write_run(tmp_path, "ring", (4000,), over_n=CURVE)
    figures = section(page_of(tmp_path), "ring").all("figure")
    delta = [f for f in figures if f.text.startswith("Delta_E")][-1]
    said = [title.text for title in delta.all("title")]
    assert said[0].split() == ["N", "100", "Delta_E,", "seed", "0:", "2.00", "null,", "seed", "0:",
                               "10.0"]  # fmt: skip
    assert "4.00" in said[1]


@pytest.mark.parametrize("name", ["chessboard", "mlp-manifold"])
def test_other_experiments_have_no_such_curves(tmp_path, name):
    write_run(tmp_path, "ring", (4000,), over_n=CURVE)
    write_run(tmp_path, name, (4000,))
    assert "Over N" not in section(page_of(tmp_path), name).text
