"""`study` through the real CLI: arms share the teacher, a second run makes nothing."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from command import command, record_of
from processes import flip

from dmdrepro.data import Chessboard
from dmdrepro.diffusion import heun_sample
from dmdrepro.experiments import STUDIES, build
from dmdrepro.models.exact import ExactDenoiser
from dmdrepro.pipeline.plan import make_study_plan
from dmdrepro.pipeline.request import Request
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.files import verify_manifest
from dmdrepro.runs.published import publish
from dmdrepro.runs.results import Result
from dmdrepro.stages.run import Run

STARTS = ("teacher", "random")
RING = ("--set", "teacher.snapshots=5", "--set", "distill.iterations=5")
ARMS = ("--arm", "start=teacher", "--arm", "start=random")  # of three
SMOKE = ("--size", "smoke", "--gpu", "cpu", "--seeds", "0,1")
WORDS = (*ARMS, *SMOKE)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    runs = tmp_path_factory.mktemp("study")
    command("study", "start", *WORDS, "--runs", runs)
    return runs


def test_arms_share_one_teacher_and_have_students_of_their_own(made):
    for seed in (0, 1):
        folders = {p.name for p in (made / f"smoke/seed{seed}").iterdir()}
        arms = {f"chessboard@start={name}" for name in STARTS}
        assert folders == {"chessboard", *arms, "report.html"}
        assert (made / f"smoke/seed{seed}/chessboard/teacher/manifest.json").is_file()
    files = {p.name for p in (made / "smoke/study-start").iterdir()}
    assert {"study_start.md", "along_distillation.csv", "study.png", "study.pdf"} <= files
    table = json.loads((made / "smoke/study-start/study_start.json").read_text())
    assert [row["arm"] for row in table["rows"]] == [f"start={name}" for name in STARTS]
    assert {row["seeds"] for row in table["rows"]} == {"0, 1"}


def test_arms_that_were_not_asked_for_are_not_run_and_said_to_be(made):
    table = json.loads((made / "smoke/study-start/not_run.json").read_text())
    rows = {(row["arm"], row["seed"]) for row in table["rows"]}
    assert rows == {("start=exact", seed) for seed in (0, 1)}


def test_a_second_run_makes_nothing_and_the_same_pages(made):
    pages = [made / f"smoke/seed{seed}/report.html" for seed in (0, 1)]
    before = [page.read_bytes() for page in pages]
    printed = command("study", "start", *WORDS, "--runs", made)
    assert printed.count("done already") == 2 + 2 * len(STARTS) * 3
    assert "done in" not in printed
    assert [page.read_bytes() for page in pages] == before
    assert all(f"Report: {page}" in printed for page in pages)


def test_the_tables_of_one_seed_are_over_all_that_were_run(made, tmp_path):
    table = made / "smoke/study-start/study_start.json"
    before = table.read_bytes()
    words = ("--runs", made, "--publish", tmp_path / "published")
    command("study", "start", *WORDS[2:-1], "1", *words)  # of one arm
    rows = json.loads(table.read_bytes())["rows"]
    assert {row["seeds"] for row in rows} == {"0, 1"}
    assert rows[0]["Delta_E"] == json.loads(before)["rows"][0]["Delta_E"]
    (published,) = (tmp_path / "published").iterdir()  # only what was asked for
    assert published.name == "smoke-chessboard@start=random-60-seed1.json"


def test_a_stale_arm_is_not_sent_to_options_that_a_study_lacks(made, tmp_path):
    runs = shutil.copytree(made, tmp_path / "runs")
    arms = [runs / f"smoke/seed0/chessboard@start={name}" for name in STARTS]
    shutil.rmtree(arms[0] / "sample-60")
    shutil.copytree(arms[1] / "sample-60", arms[0] / "sample-60")
    command("figures", "ring", "--size", "smoke", "--gpu", "cpu", "--runs", runs)
    page = (runs / "smoke/seed0/report.html").read_text()
    assert "sample-60 was drawn from another student than distill-60; move " in page
    assert "and run `python reproduce.py study start --seeds 0 --size smoke`" in page


def test_an_arm_that_was_made_otherwise_is_not_sent_to_options_that_a_study_lacks(made, tmp_path):
    runs = shutil.copytree(made, tmp_path / "runs")
    folder = runs / "smoke/seed0/chessboard/teacher"
    teacher = Run(build("chessboard", "smoke", 0, {"teacher.lr": "3e-3"}), runs)
    shutil.rmtree(folder)
    with teacher.teacher().locked():
        teacher.teacher().begin()
        teacher.teacher().finish([], "cpu", {})
    printed = command("study", "start", *WORDS, "--runs", runs, code=1)
    assert "Use another --runs folder, or move that one away." in printed
    assert "--fresh" not in printed


def test_a_damaged_arm_is_made_again_as_its_sentence_says(made, tmp_path):
    """By no option: a study has neither --fresh nor --set."""
    runs = shutil.copytree(made, tmp_path / "runs")
    folder = runs / "smoke/seed0/chessboard@start=random/distill-60"
    flip(folder / "student.safetensors", -1)
    words = ("study", "start", *ARMS[2:], *SMOKE[:-2], "--runs", runs)
    printed = command(*words, code=1)
    assert "move its folder away and make it again" in printed
    assert "--fresh" not in printed
    folder.rename(tmp_path / "away")
    assert "done in" in command(*words)


def test_an_arm_proposes_no_option_that_a_study_lacks():
    study = STUDIES["start"].at("smoke")
    run = Run(study.build(study.arms[0], 0), Path("nowhere"), study.arms[0])
    assert not run.place("teacher").slower + run.place("distill", 60).slower
    with pytest.raises(RunError, match=r"use another number of them\.$"):
        make_study_plan(study, (0,), Request([study.experiment], "smoke", "cpu", gpus_per_run=7))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_page_of_every_seed_shows_the_study_over_all_seeds(made, seed):
    page = (made / f"smoke/seed{seed}/report.html").read_text()
    assert 'id="study-start"' in page
    assert "Does a toy student copy its teacher if it does not start from it?" in page
    # Retention, concordance, quality, DM loss; the experiments have none.
    assert page.count("<svg") == 4
    assert all(f"start=random, seed {k}: " in page for k in (0, 1))


def test_figures_and_evaluate_show_the_studies_too_and_damage_fails(made, tmp_path):
    runs = shutil.copytree(made, tmp_path / "runs")
    options = ("--size", "smoke", "--gpu", "cpu", "--offline", "--runs", runs)
    page = runs / "smoke/seed0/report.html"
    page.unlink()
    command("figures", "ring", *options)
    assert 'id="study-start"' in page.read_text()
    record = runs / "smoke/seed0/chessboard@start=random/evaluate-60/record.json"
    record.write_text("{}")
    command("all", "ring", *options, *RING, code=1)
    printed = command("evaluate", "ring", *options, *RING, code=1)
    assert "start=random (seed 0) is damaged: " in printed
    words = page.read_text()
    assert 'id="study-start"' in words
    assert "damaged: evaluate-60" in words


def test_the_exact_teacher_draws_phi_k_itself_and_has_no_error(tmp_path):
    command("study", "exact-teacher", *SMOKE[:-1], "0", "--runs", tmp_path)
    arms = [f"chessboard@score={name}" for name in ("teacher", "exact")]
    errors = [record_of(tmp_path, f"{arm}/evaluate-60")["denoiser_error"] for arm in arms]
    assert errors[0] is not None
    assert errors[1] is None
    places = [tmp_path / "smoke/seed0" / arm / "sample-60" for arm in arms]
    trained, exact = (np.load(place / "teacher_32.npy") for place in places)
    noise = torch.from_numpy(np.load(places[1] / "noise.npy")[: len(exact)])
    drawn = heun_sample(ExactDenoiser(Chessboard(), 0.8), noise, 32)
    np.testing.assert_allclose(exact, drawn.numpy(), atol=1e-5)
    assert np.abs(trained - exact).max() > 0.1


def test_a_published_record_names_the_teacher_that_its_arm_shares(made, tmp_path):
    command("study", "start", *WORDS, "--runs", made, "--publish", tmp_path)
    for seed in (0, 1):
        teacher = made / f"smoke/seed{seed}/chessboard/teacher"
        weights = verify_manifest(teacher)["snapshot-60.safetensors"]
        provenance = record_of(made, "chessboard/teacher", seed)["provenance"]
        for start in STARTS:
            file = tmp_path / f"smoke-chessboard@start={start}-60-seed{seed}.json"
            record = json.loads(file.read_text())
            assert record["stages"]["teacher"] == provenance
            assert record["teacher_weights"] == weights
            again = f"python reproduce.py study start --seeds {seed} --size smoke"
            assert record["command"] == again


def test_another_teacher_than_the_students_own_is_not_published(made, tmp_path):
    runs = shutil.copytree(made, tmp_path / "runs")
    teachers = [runs / f"smoke/seed{seed}/chessboard/teacher" for seed in (0, 1)]
    shutil.rmtree(teachers[0])
    shutil.copytree(teachers[1], teachers[0])
    folder = runs / "smoke/seed0/chessboard@start=random"
    result = Result(folder, "start=random", "smoke", 0, "start")
    record = json.loads(publish(result, 60, tmp_path / "out", "command").read_text())
    assert set(record["stages"]) == {"distill", "sample", "evaluate"}


def test_the_dry_run_lists_arms_and_makes_nothing(tmp_path):
    printed = command("study", "learning-rate", *SMOKE, "--runs", tmp_path / "r", "--dry-run")
    assert "chessboard@lr=2e-6 (60)" in printed
    assert "study-learning-rate" in printed
    for seed in (0, 1):
        assert f"Report: {tmp_path / 'r'}/smoke/seed{seed}/report.html" in printed
    assert not (tmp_path / "r").exists()


def test_a_study_with_an_arm_named_after_its_size_has_no_other(tmp_path):
    words = ("--gpu", "cpu", "--offline", "--runs", tmp_path, "--dry-run")
    refused = command("study", "size", *words, "--size", "paper", code=1)
    assert "Study size is of size laptop alone" in refused
    assert "chessboard@laptop" in command("study", "size", *words, "--size", "laptop")


def test_without_a_name_the_studies_are_listed():
    assert "learning-rate (chessboard, laptop size): " in command("study")
