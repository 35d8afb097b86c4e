"""Figure 11 by class: a row for each class, what is left out named, old records without rows."""

import numpy as np
import pytest
from page_runs import page_of, section
from report_runs import rows_in, tables_in, write_run

from dmdrepro.measures.by_class import COEFFICIENTS
from dmdrepro.measures.table import Band
from dmdrepro.metrics import boundary_by_class, boundary_effect

NAME = "boundary_classes"


def interval(value):
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def coefficients(value, n):
    """The four in their order, each 0.1 above the one before."""
    return {"n": n} | {name: interval(value + k / 10) for k, name in enumerate(COEFFICIENTS)}


def boundary(source="classifier", shift=0.0):
    return coefficients(-0.5 + shift, 1000) | {
        "level": 0.95,
        "spearman": interval(-0.5),
        "pearson_repaired": interval(-0.5),
        "distance_to": "the training set",
        "classes": {"from": source},
        "within_class": coefficients(-0.25 + shift, 1000) | {"classes": 3},
        "per_class": [
            {"class": 0, **coefficients(-0.4 + shift, 600)},
            {"class": 4, "n": 7, "left_out": "fewer than 10 samples"},
            {"class": 9, **coefficients(0.4 + shift, 393)},
        ],
    }


def test_all_then_within_then_each_class_with_its_intervals(tmp_path):
    write_run(tmp_path, "mnist", (512, 3072), boundary=boundary())
    write_run(tmp_path, "mnist-conditional", (2048,), boundary=boundary("labels"))
    rows = rows_in(tmp_path, NAME)
    mnist = [row for row in rows if row["experiment"] == "mnist"]
    assert [row["samples"] for row in mnist] == ["all", "within classes", "class 0", "class 9"]
    assert [row["N"] for row in mnist] == [1000, 1000, 600, 393]
    assert {row["teacher iterations"] for row in mnist} == {3072}
    assert mnist[0]["displacement"] == Band(-0.5, -0.6, -0.4)
    assert mnist[1]["|G - Phi_8|"].value == pytest.approx(-0.15)
    assert mnist[2]["|G' - Phi_8|"].value == pytest.approx(-0.2)
    assert mnist[3]["-|Phi_1 - Phi_8|"].value == pytest.approx(0.7)
    assert {row["class of"] for row in mnist} == {"digit seen in Phi_8"}
    assert {row["class of"] for row in rows if row not in mnist} == {"class asked for"}
    words = "mnist, seed 0: class 4 is left out, fewer than 10 samples (7 samples)."
    assert words in tables_in(tmp_path)[NAME].notes


def test_over_seeds_a_class_that_one_lacks_has_no_coefficient(tmp_path):
    other = boundary(shift=0.2)
    other["per_class"][0] = {"class": 0, "n": 3, "left_out": "fewer than 10 samples"}
    del other["per_class"][1]
    write_run(tmp_path, "mnist", (512,), boundary=boundary())
    write_run(tmp_path, "mnist", (512,), seed=1, boundary=other)
    rows = {row["samples"]: row for row in rows_in(tmp_path, NAME)}
    assert rows["all"]["displacement"] == Band(pytest.approx(-0.4), -0.5, -0.3)
    assert rows["class 9"]["displacement"] == Band(pytest.approx(0.5), 0.4, pytest.approx(0.6))
    assert rows["class 0"]["displacement"] is None
    assert set(rows) == {"all", "within classes", "class 0", "class 9"}
    said = [note for note in tables_in(tmp_path)[NAME].notes if "seed 1" in note]
    assert said == [
        "mnist, seed 1: class 0 is left out, fewer than 10 samples (3 samples).",
        "mnist, seed 1: class 4 is left out, no samples.",
    ]


def test_a_record_without_classes_is_shown_as_before(tmp_path):
    """As all were before there were classes, and a student that has not left Phi_1."""
    old = {k: v for k, v in boundary().items() if k not in ("classes", "per_class", "within_class")}
    del old["pearson_student_repaired"]
    write_run(tmp_path, "mnist", (512,), boundary=old)
    write_run(tmp_path, "mnist-conditional", (2048,), boundary=None)
    tables = tables_in(tmp_path)
    assert NAME not in tables
    assert len(tables["figures_11_12"].rows) == 5
    assert section(page_of(tmp_path), "mnist").all("table")


def test_without_a_pooled_coefficient_there_is_no_row_of_it(tmp_path):
    write_run(tmp_path, "mnist", (512,), boundary=boundary() | {"within_class": None})
    samples = [row["samples"] for row in rows_in(tmp_path, NAME)]
    assert samples == ["all", "class 0", "class 9"]


def test_the_metrics_own_record_has_all_that_the_table_reads(tmp_path):
    rng = np.random.default_rng(0)
    samples = (*rng.standard_normal((3, 40, 4)), rng.uniform(1, 2, 40))
    found = boundary_effect(*samples).to_json() | {"classes": {"from": "labels"}}
    found |= boundary_by_class(*samples, np.repeat([0, 1], [31, 9])).to_json()
    write_run(tmp_path, "mlp-manifold", (1536,), boundary=found)
    rows = rows_in(tmp_path, NAME)
    assert [row["samples"] for row in rows] == ["all", "within classes", "class 0"]
    assert all(isinstance(row[name], Band) for row in rows for name in COEFFICIENTS.values())
    title = "Figure 11 by class: the boundary effect within classes"
    page = section(page_of(tmp_path), "mlp-manifold")
    assert title in [t.text for t in page.classed("title")]
    assert "class 1 is left out, fewer than 10 samples (9 samples)." in page.text
