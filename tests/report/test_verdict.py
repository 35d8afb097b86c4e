"""The verdict: the written rule, applied to every number and claim, and to nothing else."""

import pytest
from report_runs import PAIRING, rows_in, stop, write_run

from dmdrepro.measures.expected import CLAIMS, PAPER_NUMBERS, RULE, PaperNumber, regime
from dmdrepro.measures.students import collect
from dmdrepro.measures.table import Band
from dmdrepro.report import all_seeds
from dmdrepro.report.seeds import verdict_word
from dmdrepro.report.verdict import DIFFERS, NOT_RUN, PATH_MATCHED, REPRODUCED, SAME, verdict

NUMBER = PaperNumber("chessboard", "there", delta_e=8.0)
FIGURE = PaperNumber("moons", "there", regime=("partly", "remaps"))
GOOD = ([1.2], [1.1])  # quality of student and of Phi_8


def rows(runs, size="paper"):
    return rows_in(runs, "verdict", size)


@pytest.mark.parametrize(
    ("delta_e", "expected"),
    [(8.0, REPRODUCED), (4.0, REPRODUCED), (16.0, REPRODUCED), (3.9, DIFFERS), (16.1, SAME)],
)
def test_a_number_is_reproduced_within_the_factor(delta_e, expected):
    """Over a null of 40 the paper's 8 is partly remapped, and so is 16.1 but not 3.9."""
    assert verdict(NUMBER, [delta_e], [40.0], *GOOD)[0] == expected


def test_regimes_change_at_the_written_shares():
    assert regime(RULE.copies_below - 1e-9) == "copies"
    assert regime(RULE.copies_below) == regime(RULE.remaps_above) == "partly"
    assert regime(RULE.remaps_above + 1e-9) == "remaps"


def test_a_figure_without_a_number_is_judged_by_what_the_paper_says():
    assert verdict(FIGURE, [30.0], [40.0], *GOOD)[0] == SAME
    found, why = verdict(FIGURE, [1.0], [40.0], *GOOD)
    assert found == DIFFERS
    assert why == "copies: 0.025 of our null; the paper: partly or remaps"


def test_a_student_that_is_no_sampler_reproduces_nothing():
    """A constant student has Delta_E = 0 and retention without meaning."""
    found, why = verdict(NUMBER, [8.0], [40.0], [3.0], [1.1])
    assert found == DIFFERS
    assert "no sampler" in why
    assert verdict(NUMBER, [8.0], [40.0], [1.65], [1.1])[0] == REPRODUCED
    assert verdict(NUMBER, [8.0], [40.0], [float("nan")], [1.1])[0] == DIFFERS


def test_without_data_the_verdict_says_that_quality_is_not_measured():
    found, why = verdict(FIGURE, [30.0], [40.0], [], [])
    assert found == SAME
    assert "not measured" in why


def test_medians_over_the_seeds_are_judged():
    assert verdict(NUMBER, [1.0, 8.0, 900.0], [40.0] * 3, *GOOD)[0] == REPRODUCED


@pytest.mark.parametrize("null", [0.0, float("inf"), float("nan")])
def test_without_a_null_there_is_no_share(null):
    assert verdict(FIGURE, [30.0], [null], *GOOD)[0] == DIFFERS


def test_the_table_shows_the_median_that_is_judged(tmp_path):
    for seed, delta_e in enumerate((6.0, 17.7, 18.9)):
        pairing = PAIRING | {"delta_e": delta_e, "delta_e_null": 36.0}
        write_run(tmp_path, "chessboard", (20_000,), size="paper", seed=seed, pairing=pairing)
    row = next(row for row in rows(tmp_path) if row["experiment"] == "chessboard")
    assert row["ours"] == Band(17.7, 6.0, 18.9)
    assert row["verdict"] != REPRODUCED


def test_every_number_and_claim_has_a_row_without_any_run(tmp_path):
    found = rows(tmp_path)
    assert len(found) == len(PAPER_NUMBERS) + len(CLAIMS)
    assert {row["verdict"] for row in found} == {NOT_RUN}


def test_reduced_runs_get_no_verdict(tmp_path):
    write_run(tmp_path, "chessboard", (4000,))
    assert {row["verdict"] for row in rows(tmp_path, "laptop")} == {NOT_RUN}


def test_a_run_at_the_papers_size_is_judged_and_its_changes_are_named(tmp_path):
    pairing = PAIRING | {"delta_e": 8.0, "delta_e_null": 40.0}
    settings = {"distill.lr": "2e-6"}
    write_run(tmp_path, "chessboard", (20_000,), size="paper", pairing=pairing, settings=settings)
    row = next(row for row in rows(tmp_path) if row["experiment"] == "chessboard")
    assert (row["the paper"], row["ours"], row["verdict"]) == ("8.55", 8.0, "reproduced, changed")
    assert row["why"].endswith("with distill.lr 2e-06 instead of 0.0001")


def test_the_papers_network_at_its_path_has_a_state_of_its_own(tmp_path):
    """At laptop-32 the stop after 600 iterations has the path 0.023; the paper's is 0.02."""
    pairing = PAIRING | {"delta_e": 0.4, "delta_e_null": 2.0}
    write_run(tmp_path, "mnist", (256, 2048), size="laptop-32", pairing=pairing)
    found = [row for row in rows(tmp_path, "laptop-32") if row["verdict"] != NOT_RUN]
    assert [row["the paper"] for row in found] == [
        "1.05 (teacher of 1,024)",
        "0.389 (teacher of 2,048)",
    ]
    assert {row["verdict"] for row in found} == {PATH_MATCHED}
    assert {row["ours"] for row in found} == {0.4}
    said = "600 iterations, path 0.023 of the paper's 0.02 at 100 times its rate"
    assert all(row["why"].startswith(f"{said}: partly: 0.2 of our null") for row in found)


@pytest.mark.parametrize("kept", [{0: "300", 1: "150,300"}, {0: "150,300", 1: "300"}])
def test_the_stop_of_that_path_is_one_that_all_seeds_have(tmp_path, kept):
    """At 350 iterations the path is 0.013, so the end is no stop of the paper's; 520 is."""
    for seed, stops in kept.items():
        settings = {"distill.snapshots": f"{stops},520", "distill.iterations": "1000"}
        along = [stop(int(at), delta_e=float(at)) for at in (*stops.split(","), 520)]
        parts = {"size": "laptop-32", "seed": seed, "settings": settings, "along": along}
        write_run(tmp_path, "mnist", (2048,), **parts)
    (row,) = (row for row in rows(tmp_path, "laptop-32") if row["verdict"] == PATH_MATCHED)
    assert row["ours"] == Band(520.0, 520.0, 520.0)
    assert row["why"].startswith("520 iterations, path 0.02 ")


@pytest.mark.parametrize(
    "settings",
    [
        {"model.width": "16"}, {"distill.iterations": "350"}, {"data.resolution": "16"},
        {"distill.regression_weight": "1"}, {"distill.start": "random"}, {"distill.gan": "true"},
        {"distill.batch": "16"}, {"sampling.pairing": "500"},
    ],
)  # fmt: skip
def test_another_network_method_n_or_path_is_not_matched(tmp_path, settings):
    write_run(tmp_path, "mnist", (2048,), size="laptop-32", settings=settings)
    assert {row["verdict"] for row in rows(tmp_path, "laptop-32")} == {NOT_RUN}


def test_one_seed_of_three_that_hardly_varies_does_not_decide(tmp_path):
    for seed, doubts in enumerate(([], [], ["The student hardly varies: ..."])):
        pairing = PAIRING | {"delta_e": 8.0, "delta_e_null": 40.0, "warnings": doubts}
        write_run(tmp_path, "chessboard", (20_000,), size="paper", seed=seed, pairing=pairing)
    row = next(row for row in rows(tmp_path) if row["experiment"] == "chessboard")
    assert row["verdict"] == REPRODUCED


def test_a_claims_verdict_does_not_stand_for_a_number_that_the_record_lacks(tmp_path):
    parts = {"pairing": PAIRING | {"delta_e": None}, "memorisation": {"fraction": 0.0}}
    write_run(tmp_path, "mnist", (8192,), size="paper", **parts)
    (student,) = collect(all_seeds(tmp_path, "paper", 0))
    assert verdict_word(student) is None


def test_the_claims_of_the_figures_are_judged(tmp_path):
    boundary = {"level": 0.95, "pearson": {"value": -0.5, "low": -0.6, "high": -0.4}}
    memorisation = {"fraction": 0.0, "threshold": 1 / 3}
    losses = [0.0, *[1.0] * 100, *[0.2] * 400]
    write_run(
        tmp_path, "mnist", (8192,), size="paper",
        boundary=boundary, memorisation=memorisation, losses=losses,
    )  # fmt: skip
    found = {row["the paper"].partition(":")[0]: row for row in rows(tmp_path)[-3:]}
    assert {row["verdict"] for row in found.values()} == {REPRODUCED}
    assert found["Figure 4"]["ours"] == "rises, then falls in 1 of 1"
    write_run(
        tmp_path / "changed", "mnist", (8192,), size="paper", settings={"distill.batch": "16"},
        boundary=boundary, memorisation=memorisation, losses=losses,
    )  # fmt: skip
    changed = rows(tmp_path / "changed")[-3:]
    assert {row["verdict"] for row in changed} == {"reproduced, changed"}
    assert all("with distill.batch 16 instead of 32" in row["why"] for row in changed)
    boundary["pearson"] = {"value": 0.1, "low": 0.0, "high": 0.2}
    memorisation["fraction"] = 0.01
    write_run(
        tmp_path / "other", "mnist", (8192,), size="paper",
        boundary=boundary, memorisation=memorisation, losses=[0.0, *[1.0] * 500],
    )  # fmt: skip
    assert {row["verdict"] for row in rows(tmp_path / "other")[-3:]} == {DIFFERS}
