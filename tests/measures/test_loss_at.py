"""The DM loss at each stop: a mean over the last fifth, from a whole log or a thinned one."""

import math

import numpy as np
import pytest
from report_runs import rows_in, rows_of, tables_in, write_arm, write_run

from dmdrepro.cli.published import FOLDER
from dmdrepro.experiments import STUDIES, Arm, Study
from dmdrepro.measures.along import study_charts
from dmdrepro.measures.dm_loss import NOTE, loss_at, losses_at
from dmdrepro.measures.table import Band
from dmdrepro.report.study import open_arms, study_tables, study_ways
from dmdrepro.runs.log import thinned
from dmdrepro.runs.published import of_size, read_published

STEPS = np.arange(0, 1000, 5)


@pytest.mark.parametrize("stop", [5, 50, 100, 333, 1000])
def test_a_constant_loss_is_that_constant_and_a_ramp_is_its_middle(stop):
    assert loss_at(STEPS, np.full(200, 0.25), stop) == 0.25
    taken = [step for step in STEPS if 0.8 * stop <= step < stop]
    assert loss_at(STEPS, STEPS.astype(float), stop) == pytest.approx(np.mean(taken or [0]))


def test_no_update_after_a_stop_counts():
    losses = np.where(STEPS < 500, 1.0, 9.0)
    assert loss_at(STEPS, losses, 500) == 1.0
    assert loss_at(STEPS, losses, 1000) == 9.0


def test_before_the_first_update_there_is_none_and_a_short_stop_has_the_last_one():
    assert loss_at(STEPS, STEPS.astype(float), 0) is None
    assert loss_at(STEPS, STEPS.astype(float), 4) == 0.0
    assert loss_at(STEPS, STEPS.astype(float), 9) == 5.0  # its fifth, from 7.2 on, holds no update


@pytest.mark.parametrize("stop", [200, 2000, 8000, 50_000])
def test_a_thinned_curve_gives_nearly_the_same(stop):
    steps = np.arange(0, 50_000, 5)
    losses = 0.1 + np.exp(-steps / 3000)
    found = loss_at(*thinned(steps, losses, 400), stop)
    assert found == pytest.approx(loss_at(steps, losses, stop), rel=0.01)


def test_the_table_has_it_beside_the_quality_and_a_band_over_seeds(tmp_path):
    along = [{"iterations": 50, "pairing": {}, "quality": {}}]
    for seed, loss in ((0, 1.0), (1, 3.0)):
        losses = [loss] * 10 + [9.0] * 1190
        write_run(tmp_path, "chessboard", (4000,), seed=seed, losses=losses, along=along)
    table = tables_in(tmp_path)["along_distillation"]
    rows = rows_of(table)
    assert [row["DM loss"] for row in rows] == [None, Band(2.0, 1.0, 3.0), Band(9.0, 9.0, 9.0)]
    assert table.columns.index("DM loss") == table.columns.index("quality student") + 1
    assert NOTE in table.notes
    assert "DM loss" in table.essential


def test_without_a_log_the_cell_is_empty_and_the_rest_stands(tmp_path):
    along = [{"iterations": 50, "pairing": {"delta_e": 0.5}, "quality": {"ratio": 1.5}}]
    write_run(tmp_path, "chessboard", (4000,), along=along)
    rows = rows_in(tmp_path, "along_distillation")
    assert [row["DM loss"] for row in rows] == [None, None, None]
    assert rows[1]["Delta_E"] == 0.5


def test_a_study_has_it_in_its_tables_curves_and_charts(tmp_path):
    arms = (Arm("a"), Arm("b"))
    study = Study("q", "?", "chessboard", "laptop", arms)
    write_arm(tmp_path, study, arms[0], 0, 0.5, losses=[2.0] * 20 + [0.5] * 1180)
    write_arm(tmp_path, study, arms[1], 0, 0.5)  # no log
    opened = open_arms(study, tmp_path, (0,))
    own = study_tables(study, opened)[0]
    assert [row["DM loss"] for row in rows_of(own)] == [0.5, None]
    with_log, without = study_ways(opened)
    assert with_log.size == "laptop size (reduced)"
    (chart,) = (c for c in study_charts([with_log, without]) if c.title == "DM loss")
    np.testing.assert_equal([x.ys for x in chart.lines], [[math.nan, 2.0, 0.5], [math.nan] * 3])
    assert "DM loss" not in [c.title for c in study_charts([without])]


# (size, study/arm, seed) -> the DM loss after 600 and after 8,000 iterations, to two digits.
RECORDED = {
    ("learning-rate-images/lr=2e-4", 0): (0.15, 0.092),
    ("learning-rate-images/lr=2e-4", 1): (0.15, 0.096),
    ("learning-rate-images/lr=2e-4", 2): (0.13, 0.089),
    ("intrinsic-dimension-longer/latent=1,its=8000", 0): (0.21, 0.27),
    ("intrinsic-dimension-longer/latent=4,its=8000", 0): (0.068, 0.093),
}


@pytest.mark.parametrize(("name", "seed"), RECORDED)
def test_published_records_show_the_fall_on_mnist_and_the_rise_on_manifolds(name, seed):
    found = of_size(read_published(FOLDER), "laptop", [name])[name]
    (result,) = (r for r in found if r.seed == seed)
    found = losses_at(result, result.snapshots[-1], [600, 8000])
    before, after = (each["loss_dm"] for each in found)
    # What a run with the same settings gives on another day may differ by a few per cent.
    assert (before, after) == pytest.approx(RECORDED[name, seed], rel=0.1)
    assert (after > before) == ("intrinsic" in name)


def test_every_published_study_has_its_arms_losses():
    published = read_published(FOLDER)
    for study in STUDIES.values():
        names = [f"{study.name}/{arm.name}" for arm in study.arms]
        for found in of_size(published, study.size, names).values():
            for result in found:
                if hasattr(result, "losses") and "loss_dm" in result.record(result.snapshots[-1]):
                    iterations = result.config["distill"]["iterations"]
                    (loss,) = losses_at(result, result.snapshots[-1], [iterations])
                    assert loss["loss_dm"] is None or 0 < loss["loss_dm"] < 100
