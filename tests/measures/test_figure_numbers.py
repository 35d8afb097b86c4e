"""The numbers of Figures 4, 11 and 12, and the teachers' error."""

import numpy as np
import pytest
from report_runs import rows_in, tables_in, write_run

from dmdrepro.measures.dm_loss import rise_and_fall
from dmdrepro.measures.table import Band

HILL = [float(x) for x in np.sin(np.linspace(0, np.pi, 300))]


def hump(top: int) -> list[float]:
    """Ten thousand updates that rise to 1 at `top` and decay to 0.3 over 300 more."""
    k = np.arange(10_000)
    return np.where(k < top, k / top, 0.3 + 0.7 * np.exp((top - k) / 300)).tolist()


def noise() -> list[float]:
    """Ten thousand updates about 1 with a fifth of noise."""
    return (1 + 0.2 * np.random.default_rng(0).standard_normal(10_000)).tolist()


BOUNDARY = {
    "n": 1000,
    "level": 0.95,
    "pearson": {"value": -0.4, "low": -0.5, "high": -0.3},
    "spearman": {"value": -0.45, "low": -0.55, "high": -0.35},
    "pearson_student": {"value": 0.3, "low": 0.2, "high": 0.4},
    "pearson_start": {"value": -0.99, "low": -1.0, "high": -0.98},
    "pearson_repaired": {"value": -0.2, "low": -0.3, "high": -0.1},
}
MEMORISATION = {
    "threshold": 1 / 3, "fraction": 0.0, "ratio_min": 0.6, "ratio_median": 0.9, "n": 1000
}  # fmt: skip


def test_a_triangle_is_found_where_it_is():
    steps = 5 * np.arange(301)
    loss = 1 - np.abs(np.arange(301) - 100) / 300
    start, top, at, end = rise_and_fall(steps, loss)
    assert at == 500
    # The first three updates; windows of 11: the last one's mean, and 30/11 steps below the tip.
    assert start == pytest.approx(1 - 99 / 300)
    assert end == pytest.approx(1 - 195 / 300)
    assert top == pytest.approx(1 - (30 / 11) / 300)


@pytest.mark.parametrize("n", [1, 2, 29, 30, 31, 90])
def test_short_logs_are_smoothed_over_what_they_have(n):
    start, top, at, end = rise_and_fall(np.arange(n), np.full(n, 2.5))
    assert (start, top, end) == pytest.approx((2.5, 2.5, 2.5))
    assert 0 <= at < n


@pytest.mark.parametrize(
    ("losses", "answer"),
    [
        (HILL, "yes"),
        (HILL[:150], "no"),  # only rises
        (HILL[150:], "no"),  # only falls
        ([1.0] * 300, "no"),
        ([0.0] * 300, "no"),  # a student that no update moved
        ([1 + 0.2 * x for x in HILL], "no"),  # by less than a quarter
        (hump(60), "yes"),  # of 10,000 updates, as early as the paper's
        (hump(20), "yes"),
        (noise(), "no"),  # the largest of many means of noise is no hump
    ],
)
def test_figure_4_says_whether_the_loss_rises_then_falls(tmp_path, losses, answer):
    write_run(tmp_path, "mnist", (512, 3072), losses=losses)
    found = rows_in(tmp_path, "figure_4")
    assert [r["teacher iterations"] for r in found] == [512, 3072]
    assert {r["rises, then falls"] for r in found} == {answer}
    assert {r["size"] for r in found} == {"laptop size (reduced)"}


def test_figure_4_over_seeds_counts_those_that_do(tmp_path):
    write_run(tmp_path, "mnist", (512,), losses=HILL)
    write_run(tmp_path, "mnist", (512,), seed=1, losses=HILL[:150])
    row = rows_in(tmp_path, "figure_4")[0]
    assert row["rises, then falls"] == "1 of 2"
    assert isinstance(row["maximum"], Band)
    assert row["seeds"] == "0, 1"


def test_a_student_without_a_log_has_no_row_in_figure_4(tmp_path):
    write_run(tmp_path, "mnist", (512,))
    assert "figure_4" not in tables_in(tmp_path)


def test_figures_11_and_12_are_of_the_longest_trained_teacher(tmp_path):
    write_run(tmp_path, "mnist", (512,), boundary=BOUNDARY, memorisation=MEMORISATION)
    boundary = BOUNDARY | {"pearson": {"value": -0.1, "low": -0.2, "high": 0.0}}
    write_run(tmp_path, "mnist", (3072,), boundary=boundary, memorisation=MEMORISATION)
    found = rows_in(tmp_path, "figures_11_12")
    assert {r["teacher iterations"] for r in found} == {3072}
    assert [r["figure"] for r in found] == [11] * 5 + [12] * 3
    assert found[0]["ours"] == Band(-0.1, -0.2, 0.0)
    assert found[0]["brackets"] == "95% interval"
    assert found[0]["paper"].startswith("moderately negative")
    assert found[2]["quantity"] == "Pearson coefficient of |G - Phi_8| and D(z)"
    assert found[2]["ours"] == Band(0.3, 0.2, 0.4)
    assert {r["paper"] for r in found[2:5]} == {"not shown"}
    assert found[5]["quantity"] == "memorised fraction (ratio below 0.333)"
    assert (found[5]["ours"], found[6]["ours"]) == (0.0, 0.6)
    assert {r["size"] for r in found} == {"laptop size (reduced)"}


def test_over_seeds_the_brackets_are_the_seeds_and_say_so(tmp_path):
    for seed, value in ((0, -0.4), (1, -0.2)):
        pearson = {"value": value, "low": -0.9, "high": 0.9}
        write_run(tmp_path, "mnist", (512,), seed=seed, boundary=BOUNDARY | {"pearson": pearson})
    row = rows_in(tmp_path, "figures_11_12")[0]
    assert row["ours"] == Band(pytest.approx(-0.3), -0.4, -0.2)
    assert row["brackets"] == "smallest and largest of the seeds"


def test_conditional_mnist_is_not_claimed_to_be_in_figure_11(tmp_path):
    write_run(tmp_path, "mnist-conditional", (2048,), boundary=BOUNDARY)
    assert {r["paper"] for r in rows_in(tmp_path, "figures_11_12")} == {"not shown"}


def test_the_teachers_error_is_shown_by_noise_level(tmp_path):
    error = {
        "sigma": [0.01, 80.0],
        "relative_error": [0.5, 0.001],
        "relative_to_signal": [0.25, 2.0],
    }
    write_run(tmp_path, "ring", (4000,), denoiser_error=error)
    other = {"sigma": [0.01, 1.0], "relative_error": [0.25, 0.125]}  # of an older record
    write_run(tmp_path, "moons", (4000,), denoiser_error=other)
    write_run(tmp_path, "mnist", (512,))
    rows = rows_in(tmp_path, "teacher_error")
    loss = {r["experiment"]: r for r in rows if r["quantity"] == "loss over the best loss"}
    assert set(loss) == {"ring", "moons"}
    assert loss["ring"]["sigma 0.01"] == 0.5
    assert loss["ring"]["sigma 80"] == 0.001
    assert loss["ring"]["sigma 1"] is None
    assert loss["moons"]["sigma 1"] == 0.125
    signal = {r["experiment"]: r for r in rows if r["quantity"] == "error over signal"}
    assert signal["ring"]["sigma 80"] == 2.0
    assert signal["moons"]["sigma 1"] is None
