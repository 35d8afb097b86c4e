"""Whole commands."""

import json
import signal

import numpy as np
import pytest
from command import SMOKE, invoke, normal, record_of, saved
from command import command as reproduce
from processes import begin, chessboard, ended, flip, tree, wait_for

CHECKPOINT = "dmdrepro.training.session:Loop.checkpoint"


def test_all_leaves_every_stage_the_figures_and_the_tables(finished):
    folder = chessboard(finished)
    for name in ("teacher", "distill-60", "sample-60", "evaluate-60"):
        assert (folder / name / "manifest.json").is_file()
    assert not list(folder.rglob("state*"))
    record = record_of(finished, "chessboard/evaluate-60")
    assert record["pairing"]["n"] == 64
    assert record["pairing"]["delta_e"] >= 0
    for kind in ("png", "pdf"):
        assert (finished / f"smoke/seed0/figures/figure_02.{kind}").is_file()
    assert list((finished / "smoke/seed0/tables").glob("*.md"))


def test_the_dm_loss_is_logged_at_every_generator_update(finished):
    lines = [json.loads(t) for t in (chessboard(finished) / "distill-60/log.jsonl").open()]
    assert [line["step"] for line in lines] == list(range(40))
    assert [line["step"] for line in lines if "loss_dm" in line] == list(range(0, 40, 5))


def test_samples_share_noise_and_are_float32(finished):
    folder = chessboard(finished) / "sample-60"
    shapes = {p.stem: np.load(p) for p in folder.glob("*.npy")}
    few = {name: shapes.pop(name) for name in ("student_10", "student_20", "teacher_32")}
    assert set(shapes) == {"noise", "teacher_1", "teacher_8", "student"}
    assert {a.shape for a in shapes.values()} == {(128, 4)}
    assert {a.shape for a in few.values()} == {(64, 4)}
    assert {a.dtype for a in shapes.values()} == {np.dtype("float32")}
    assert shapes["noise"].std() == pytest.approx(80, rel=0.2)


def test_kept_students_lead_from_the_teacher_to_the_last_one(finished):
    """Between warm-up's first updates and the end the student moves, and every stop is measured."""
    folder = chessboard(finished)
    start, *kept, end = (
        np.load(folder / "sample-60" / f"{name}.npy")[:64]
        for name in ("teacher_1", "student_10", "student_20", "student")
    )
    moved = [float(np.square(x - start).mean()) for x in (*kept, end)]
    assert 0 < moved[0] < moved[1] < moved[2]
    record = record_of(finished, "chessboard/evaluate-60")
    assert [point["iterations"] for point in record["along"]] == [10, 20]
    teacher_8 = np.load(folder / "sample-60/teacher_8.npy")[:64].astype(float)
    for point, x in zip(record["along"], kept, strict=True):
        e_dt = np.square(teacher_8 - x).sum(1).mean()
        assert point["pairing"]["e_dt"] == pytest.approx(e_dt)
        assert point["quality"]["n"] == 64


def test_a_second_run_skips_what_is_done_and_changes_nothing(finished):
    before = tree(chessboard(finished))
    printed = reproduce("all", "chessboard", *SMOKE, "--runs", finished, rendered=True)
    assert printed.count("done already") == 4 + 1  # stages; known answers
    assert tree(chessboard(finished)) == before


def test_a_different_configuration_is_refused_with_the_difference(finished):
    words = ("teacher", "chessboard", *SMOKE, "--runs", finished, "--set", "teacher.lr=1e-4")
    assert "teacher.lr: 0.001 there, 0.0001 now" in reproduce(*words, code=1)


def test_a_flipped_byte_is_refused_and_fresh_repairs_it(finished, runs):
    flip(chessboard(runs) / "distill-60" / "student.safetensors")
    printed = reproduce("sample", "chessboard", *SMOKE, "--runs", runs, code=1)
    assert "student.safetensors is not the file that was written" in printed
    reproduce("distill", "chessboard", *SMOKE, "--runs", runs, "--fresh")
    assert tree(chessboard(runs)) == tree(chessboard(finished))
    assert (chessboard(runs) / "distill-60.old1" / "student.safetensors").is_file()


@pytest.mark.parametrize(
    ("number", "target", "nth", "at"),
    [
        (signal.SIGINT, CHECKPOINT, 30, "teacher"),
        (signal.SIGTERM, CHECKPOINT, 60 + 4, "distill-60"),
        (signal.SIGTERM, "dmdrepro.runs.stage:Stage.save_state", 1, "sample-60"),
    ],
)
def test_a_stopped_run_goes_on_and_ends_bit_equal(
    finished, tmp_path, stopped, number, target, nth, at
):
    words = ("all", "chessboard", *SMOKE, "--runs", tmp_path)
    assert "Run the same command again" in stopped(target, nth, number, *words)
    assert_goes_on(finished, tmp_path, at)


@pytest.mark.parametrize("at", ["teacher", "distill-60"])
def test_a_killed_run_goes_on_and_ends_bit_equal(finished, tmp_path, at):
    process = begin("tests/cli/slowed.py", at, "all", "chessboard", *SMOKE, "--runs", tmp_path)
    wait_for(process, (chessboard(tmp_path) / at / "state.json").is_file)
    process.kill()
    ended(process, -signal.SIGKILL)
    assert_goes_on(finished, tmp_path, at)


def assert_goes_on(finished, runs, at):
    assert (chessboard(runs) / at / "state.json").is_file()
    assert not (chessboard(runs) / at / "manifest.json").is_file()
    assert "going on from" in reproduce("all", "chessboard", *SMOKE, "--runs", runs)
    assert tree(chessboard(runs)) == tree(chessboard(finished))


def test_dry_run_shows_the_plan_and_makes_nothing(tmp_path):
    printed = reproduce("all", *SMOKE, "--runs", tmp_path / "runs", "--dry-run")
    for word in ("teacher", "distill", "sample", "evaluate", "Left to do", "Downloads"):
        assert word in printed
    assert "not run: imagenet64: needs weights" in printed
    assert "not run: mnist: needs MNIST" in printed
    assert not (tmp_path / "runs").exists()


def test_a_stage_before_its_time_names_the_command_that_comes_first(tmp_path):
    printed = reproduce("distill", "chessboard", *SMOKE, "--runs", tmp_path, code=1)
    assert "run `python reproduce.py teacher chessboard`" in printed
    assert "is not done" in reproduce("sample", "chessboard", *SMOKE, "--runs", tmp_path, code=1)


def test_a_snapshots_student_is_made_alone(tmp_path):
    short = ("--set", "teacher.snapshots=5,10", "--set", "distill.iterations=5")
    words = ("chessboard", *SMOKE, *short, "--runs", tmp_path)
    reproduce("teacher", *words)
    for stage in ("distill", "sample", "evaluate"):
        reproduce(stage, *words, "--snapshot", 5)
    made = {path.parent.name for path in chessboard(tmp_path).glob("*/manifest.json")}
    assert made == {"teacher", "distill-5", "sample-5", "evaluate-5"}
    printed = reproduce("sample", *words, "--snapshot", 7, code=1)
    assert "chessboard keeps its teacher at 5, 10 iterations; name one of these." in printed


def test_list_shows_what_is_done(finished):
    printed = reproduce("list", "--runs", finished)
    assert "4/4" in printed
    assert "imagenet64: not run: needs weights" in printed


def test_compare_measures_anyones_arrays(tmp_path):
    teacher = np.random.default_rng(0).standard_normal((50, 3, 2)).astype(np.float32)
    student = teacher[np.random.default_rng(1).permutation(50)] + np.float32(0.01)
    files, out = saved(tmp_path, teacher=teacher, student=student), tmp_path / "record.json"
    assert reproduce("compare", *files, "--out", out).splitlines()[1].startswith("REMAPS. ")
    record = json.loads(out.read_text())
    assert record["e_ot"] == pytest.approx(6 * 0.01**2, rel=1e-3)
    assert record["delta_e"] > 1000


def test_compare_takes_a_solver_by_name(tmp_path):
    compare = ("compare", *saved(tmp_path, a=normal(0, 40, 3), b=normal(1, 40, 3)), "--solver")
    assert json.loads(invoke(*compare, "auction", "--json", "-").stdout)["solver"] == "auction"
    assert "did you mean 'auction'" in reproduce(*compare, "auktion", code=1)


def test_real_mnist_at_smoke_size(mnist_dir, tmp_path):
    """Both conditional and unconditional, from the real files to the figures."""
    command = ("all", "mnist", "mnist-conditional", "--size", "smoke", "--gpu", "cpu")
    reproduce(*command, "--data", mnist_dir, "--runs", tmp_path)
    record = record_of(tmp_path, "mnist/evaluate-20")
    assert 0 <= record["memorisation"]["fraction"] <= 1
    assert -1 <= record["boundary"]["pearson"]["value"] <= 1
    assert record["features"]["classifier"]["accuracy"] > 0.6
    assert record["features"]["data"]["recall"] > 0.8
    labels = np.load(tmp_path / "smoke/seed0/mnist-conditional/sample-20/labels.npy")
    assert set(labels) <= set(range(10))


def test_the_gan_loss_is_one_setting_away(tmp_path):
    reproduce("teacher", "mlp-manifold", *SMOKE, "--runs", tmp_path)
    reproduce("distill", "mlp-manifold", *SMOKE, "--runs", tmp_path, "--set", "distill.gan=true")
    log = tmp_path / "smoke/seed0/mlp-manifold/distill-20/log.jsonl"
    first = json.loads(log.open().readline())
    assert first["loss_gan_fake"] > 0
    assert first["loss_gan_student"] > 0


def test_bench_prints_ratios_with_device_and_versions(tmp_path):
    out = tmp_path / "bench.json"
    assert "dm_gradient" in reproduce("bench", "--gpu", "cpu", "--quick", "--out", out)
    record = json.loads(out.read_text())
    assert record["provenance"]["device"] == "cpu"
    # Three kernels against formula and limit, two iterations, Delta_E of six pairs of sets against
    # POT and scipy, and beside a busy program.
    assert len(record["rows"]) == 3 * 2 + 2 + 6 * 2 + 1
    assert sum("POT" in row["alternative"] for row in record["rows"]) == 6
    # Ours with and without the matrix, scipy and POT, in two dimensions.
    assert len(record["scaling"]) == 8
    assert all(row["n"] == 100 and row["cpu_s"] > 0 for row in record["scaling"])
    assert {(row["batch"], row["way"]) for row in record["batches"]} == {
        (batch, way) for batch in (8, 16) for way in ("ours, eager", "plain eager loop")
    }
    assert all(row["iteration_s"] > 0 for row in record["batches"])
    for curve in ("pairing", "batch"):
        assert (tmp_path / f"bench_{curve}.png").read_bytes().startswith(b"\x89PNG")
    for row in record["rows"]:
        assert row["ratio"] == pytest.approx(row["alternative_s"] / row["ours_s"])
