"""The choices that the paper left open, read from the runs, and the paper's slips."""

import pytest
from report_runs import rows_in, write_run

from dmdrepro.experiments import REGISTRY, build
from dmdrepro.experiments.registry import field_names
from dmdrepro.report.choices import CHOICES


def ours(runs, item):
    return {r["item"]: r["ours"] for r in rows_in(runs, "choices")}[item]


def test_a_field_that_no_choice_names_is_shown(tmp_path, monkeypatch):
    write_run(tmp_path, "ring", (4000,), settings={"distill.dm_min": "0.125"})
    rows = [c for c in CHOICES if "distill.dm_min" not in c.fields and list(c.fields) != ["data"]]
    monkeypatch.setattr("dmdrepro.report.choices.CHOICES", rows)
    found = ours(tmp_path, "other fields")
    assert "distill.dm_max 0.98; distill.dm_min 0.125" in found
    assert "data.components 32" in found


@pytest.mark.parametrize("choice", CHOICES, ids=lambda c: c.item)
def test_every_listed_field_exists(choice):
    names = choice.experiments or tuple(REGISTRY)
    assert set(names) <= set(REGISTRY)
    for name in names:
        known = set(field_names(build(name, "paper")))
        known |= {field.partition(".")[0] for field in known}
        assert set(choice.fields) <= known


def test_values_are_the_runs_own_not_the_registrys(tmp_path):
    write_run(tmp_path, "ring", (4000,), settings={"distill.lr": "0.125"})
    assert "distill.lr 0.125;" in ours(tmp_path, "distillation optimiser")


def test_values_that_differ_are_given_by_experiment(tmp_path):
    write_run(tmp_path, "ring", (4000,), settings={"sigma_data": "0.75"})
    write_run(tmp_path, "moons", (4000,), settings={"sigma_data": "0.25"})
    write_run(tmp_path, "chessboard", (4000,), settings={"sigma_data": "0.75"})
    expected = "sigma_data 0.75 (chessboard, ring), 0.25 (moons)"
    assert ours(tmp_path, "sigma_data") == expected


def test_items_of_experiments_that_were_not_run_are_left_out(tmp_path):
    write_run(tmp_path, "ring", (4000,))
    items = {r["item"] for r in rows_in(tmp_path, "choices")}
    assert "ring of Gaussians" in items
    assert "MNIST" not in items
    assert "data radius" not in ours(tmp_path, "ring of Gaussians")
    assert "radius 2" in ours(tmp_path, "ring of Gaussians")


def test_the_slips_are_listed(tmp_path):
    where = [r["where"] for r in rows_in(tmp_path, "slips", "paper")]
    for place in ("Figure 10", "Figure 11", "Figure 12", "section 3.4", "Figure 1", "appendix C"):
        assert any(place in w for w in where), place
