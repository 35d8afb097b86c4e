"""A seed whose samples have left the data is named, and is in no mean, curve, figure or verdict."""

import copy
import json
import math

import numpy as np
import pytest
from conftest import ROOT
from page_runs import page_bytes
from report_runs import PAIRING, rows_in, rows_of, tables_in, write_arm, write_run

from dmdrepro.experiments import REGISTRY, STUDIES, build
from dmdrepro.paper_figures.run import last_run
from dmdrepro.report import all_seeds, open_studies, tables_of
from dmdrepro.report.study import open_arms, study_tables, study_ways
from dmdrepro.runs.divergence import LIMIT, divergence
from dmdrepro.runs.published import of_size, read_published
from dmdrepro.runs.results import Missing, open_results

PUBLISHED = ROOT / "docs/published"
SPREAD = 4 * 0.8**2  # what the networks take a toy's data for
FAR = 8e5**2


def quality(student: float, teacher_8: float = 0.2, teacher_1: float = 2.6) -> dict:
    """E_OT to the data of three sets; the ratio is over 0.04."""
    e_ot = {"student": student, "teacher_8": teacher_8, "teacher_1": teacher_1}
    return {name: {"e_ot": value, "ratio": value / 0.04} for name, value in e_ot.items()}


def write(runs, seed: int, student: float, delta_e: float) -> None:
    parts = {"pairing": PAIRING | {"delta_e": delta_e}, "quality": quality(student)}
    write_run(runs, "chessboard", (4000,), seed=seed, **parts)


@pytest.mark.parametrize("diverged", [0, 1, 2])
def test_means_are_of_the_others_and_the_seed_is_named(tmp_path, diverged):
    """Whichever seed the report is of."""
    for seed in range(3):
        far = seed == diverged
        write(tmp_path, seed, FAR if far else 0.1, 5e-7 if far else 10.0 + seed)
    others = [seed for seed in range(3) if seed != diverged]
    table = tables_in(tmp_path)["paper_and_ours"]
    row = next(r for r in rows_of(table) if r["seeds"])
    assert row["seeds"] == ", ".join(map(str, others))
    assert row["Delta_E"].value == pytest.approx(np.mean([10.0 + s for s in others]))
    assert row["Delta_E"].low == 10.0 + others[0]
    assert row["quality student"].high == pytest.approx(0.1 / 0.04)
    assert any(f"seed {diverged} diverged: left out" in note for note in table.notes)


def test_where_all_have_diverged_no_row_is_left_and_the_reason_is_said(tmp_path):
    write(tmp_path, 0, FAR, 1e-8)
    results = all_seeds(tmp_path, "laptop", 0)
    assert [r for r in rows_in(tmp_path, "paper_and_ours") if r["seeds"]] == []
    rows = rows_in(tmp_path, "not_run")
    (said,) = (r["why"] for r in rows if r["experiment"] == "chessboard")
    assert said.startswith("seed 0 diverged: left out (its samples are 5e+05 times")
    page = page_bytes(tmp_path).decode()
    assert "Not shown: " in page
    assert "diverged: left out (its samples are 5e+05 times" in page
    run = last_run({name: seeds[0] for name, seeds in results.items()}, "chessboard")
    assert isinstance(run, Missing)
    assert run.reason.startswith("diverged: its samples")


def test_one_of_several_teachers_students_may_diverge(tmp_path):
    write_run(tmp_path, "mnist", (512,), quality=quality(1e9))
    other = tmp_path / "other"
    write_run(other, "mnist", (3072,), quality=quality(0.1))
    for folder in (other / "laptop/seed0/mnist").iterdir():
        folder.rename(tmp_path / "laptop/seed0/mnist" / folder.name)
    result = open_results(tmp_path, "laptop", 0, ["mnist"])["mnist"]
    assert (result.evaluated, result.snapshots) == ((512, 3072), (3072,))
    rows = rows_in(tmp_path, "paper_and_ours")
    assert [r["teacher iterations"] for r in rows if r["seeds"]] == [3072]


def test_the_verdict_is_of_the_others(tmp_path):
    for seed in range(3):
        write_run(
            tmp_path, "chessboard", (20000,), size="paper", seed=seed,
            pairing=PAIRING | {"delta_e": 8.55 if seed < 2 else 5e-7, "delta_e_null": 100.0},
            quality=quality(0.1 if seed < 2 else FAR),
        )  # fmt: skip
    rows = rows_in(tmp_path, "verdict", "paper")
    row = next(r for r in rows if r["experiment"] == "chessboard")
    assert (row["verdict"], row["seeds"]) == ("reproduced", "0, 1")


def test_a_study_leaves_it_out_of_table_curves_and_page(tmp_path):
    study = STUDIES["start"].at("laptop")
    for seed in (0, 1):
        for arm in study.arms:
            far = seed == 0 and arm is study.arms[0]
            write_arm(tmp_path, study, arm, seed, 0.5, quality=quality(FAR if far else 0.1))
    arms = open_arms(study, tmp_path, [0, 1])
    name = study.arms[0].name
    assert [way.seed for way in study_ways(arms) if way.student.experiment == name] == [1]
    own, _, lacking = study_tables(study, arms)
    row = next(r for r in rows_of(own) if r["arm"] == name)
    assert row["seeds"] == "1"
    assert any(f"In {name}: seed 0 diverged: left out" in note for note in own.notes)
    (absent,) = rows_of(lacking)
    assert (absent["arm"], absent["seed"]) == (name, 0)
    assert absent["why"].startswith("diverged: left out")
    assert len(open_studies(tmp_path, "laptop", 0)) == 1


def record(**changes) -> dict:
    config = build("chessboard", "laptop").as_dict()
    return {"config": config, "quality": quality(0.1), **changes}


def test_the_rule_looks_at_the_student_at_every_stop_and_at_its_teacher():
    assert divergence(record()) == ""
    assert divergence(record(quality=quality(FAR))).startswith("its samples are 5e+05 times")
    stop = {"iterations": 1000, "quality": {"e_ot": FAR}}
    assert "after 1,000 iterations" in divergence(record(along=[stop]))
    assert "Phi_8" in divergence(record(quality=quality(0.1, teacher_8=FAR)))
    assert "Phi_1" in divergence(record(quality=quality(0.1, teacher_1=FAR)))


def test_the_limit_is_in_the_datas_spread_which_a_record_may_hold():
    """Whatever sigma_data a user gave the networks."""
    just = LIMIT**2 * 2.7
    assert divergence(record(quality=quality(0.99 * just), data_spread=2.7)) == ""
    assert divergence(record(quality=quality(1.01 * just), data_spread=2.7)) != ""
    small = record(quality=quality(2.6), data_spread=2.7)
    small["config"] = copy.deepcopy(small["config"]) | {"sigma_data": 0.01}
    assert divergence(small) == ""
    del small["data_spread"]
    assert divergence(record(quality=quality(1.01 * LIMIT**2 * SPREAD))) != ""


@pytest.mark.parametrize("times", [0.0, 1.0, 3.0])
def test_a_student_that_is_merely_bad_has_not_diverged(times):
    """Constant at the data's mean, independent noise, noise of three times the data's spread."""
    assert divergence(record(quality=quality((1 + times**2) * SPREAD))) == ""


def test_a_record_that_says_too_little_has_not_diverged():
    assert divergence({}) == ""
    assert divergence({"config": {}, "quality": None, "along": None}) == ""


def test_no_published_record_has_diverged_and_one_that_does_is_left_out(tmp_path):
    records = {path: json.loads(path.read_text()) for path in PUBLISHED.glob("*.json")}
    assert len(records) > 100
    assert [path.name for path, found in records.items() if divergence(found)] == []
    for seed in (0, 1):
        found = records[PUBLISHED / f"laptop-chessboard-4000-seed{seed}.json"]
        if seed == 1:  # its student times 300
            found["quality"]["student"]["e_ot"] *= 300**2
            found["pairing"]["delta_e"] = 5.07e-7
        (tmp_path / f"{seed}.json").write_text(json.dumps(found))
    results = of_size(read_published(tmp_path), "laptop", list(REGISTRY))
    table = tables_of(results, "laptop")[0]
    row = next(r for r in rows_of(table) if r["seeds"])
    assert row["seeds"] == "0"
    assert math.isclose(row["Delta_E"], 21.4, rel_tol=0.01)
