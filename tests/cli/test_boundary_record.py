"""The boundary effect by class in a real evaluation, against the arrays that lie beside it."""

import numpy as np
import pytest
from command import SMOKE, command, record_of

from dmdrepro.metrics import boundary_by_class, boundary_effect

SHORT = ("--set", "teacher.snapshots=10", "--set", "distill.iterations=10")
MANY = ("--set", "sampling.total=150", "--set", "sampling.pairing=120")
PLACE = "smoke/seed0/mlp-manifold"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    runs = tmp_path_factory.mktemp("boundary")
    command("all", "mlp-manifold", *SMOKE, *SHORT, *MANY, "--runs", runs)
    return runs


def test_the_record_is_what_its_arrays_and_labels_give(runs):
    """The manifold has no training set: D(z) is over draws of its data."""
    record = record_of(runs, "mlp-manifold/evaluate-10")
    found = record["boundary"]
    assert record["memorisation"] is None
    assert found["distance_to"] == "20,000 draws of the data"
    assert found["classes"] == {"from": "labels"}
    names = ("teacher_1", "teacher_8", "student", "labels")
    *samples, labels = (np.load(runs / PLACE / f"sample-10/{name}.npy")[:120] for name in names)
    distance = np.load(runs / PLACE / "evaluate-10/mean_distance.npy")
    assert found["repaired"] == "class"
    effect = boundary_effect(*samples, distance, labels)
    for name in ("pearson_student", "pearson_student_repaired", "pearson_repaired"):
        expected = getattr(effect, name).value
        assert found[name]["value"] == pytest.approx(expected, abs=1e-9), name
    truth = boundary_by_class(*samples, distance, labels).to_json()
    assert [e["n"] for e in found["per_class"]] == np.bincount(labels)[np.unique(labels)].tolist()
    kept = [e for e in found["per_class"] if "left_out" not in e]
    assert 2 <= len(kept) < 10  # of 120 samples in ten classes some have ten, some have not
    for ours, theirs in zip(found["per_class"], truth["per_class"], strict=True):
        assert ours.keys() == theirs.keys()
        if "pearson" in ours:
            assert ours["pearson"]["value"] == pytest.approx(theirs["pearson"]["value"], abs=1e-9)
    within = found["within_class"]["pearson"]
    assert within["value"] == pytest.approx(truth["within_class"]["pearson"]["value"], abs=1e-9)
    np.testing.assert_allclose(
        np.load(runs / PLACE / "evaluate-10/displacement.npy"), effect.displacement, atol=1e-9
    )


def test_it_stands_in_the_tables_and_on_the_page(runs):
    title = "Figure 11 by class: the boundary effect within classes"
    table = (runs / "smoke/seed0/tables/boundary_classes.md").read_text()
    assert title in table
    assert "| mlp-manifold | smoke size (reduced), changed | 10 | within classes | 120 |" in table
    assert "mlp-manifold, seed 0: class " in table
    assert title in (runs / "smoke/seed0/report.html").read_text()
