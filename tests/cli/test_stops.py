"""Commands that are stopped, fail in part, or meet results of another make."""

import json
import shutil
import signal
from pathlib import Path

import pytest
import typer
from command import SMOKE
from command import command as reproduce
from PIL import Image
from processes import chessboard, flip, tree
from readonly import readonly

from dmdrepro.cli.guard import stoppable
from dmdrepro.runs.errors import NonFinite, Stopped
from dmdrepro.runs.stage import Stage
from dmdrepro.stages.context import Context
from dmdrepro.training.session import Session

STAGES = ("teacher", "distill-60", "sample-60", "evaluate-60")
LOOP = "dmdrepro.training.session:Loop"


def done(runs: Path) -> list[str]:
    return [s for s in STAGES if (chessboard(runs) / s / "manifest.json").is_file()]


def drawn_from(runs: Path, number: int) -> dict:
    """What a figure says of each experiment that it shows."""
    with Image.open(runs / f"smoke/seed0/figures/figure_0{number}.png") as image:
        return json.loads(image.text["Configuration"])


@pytest.mark.parametrize(
    ("target", "nth", "finished_stages"),
    [
        # Seen by the stage, which starts again from the samples.
        ("dmdrepro.metrics:sample_quality", 1, STAGES[:3]),
        # In its last part, after it last looked: it ends, and the command with it.
        ("dmdrepro.stages.evaluate:numbers_along", 1, STAGES),
        (f"{LOOP}.close", 2, STAGES[:2]),
    ],
)
def test_a_stop_late_in_a_stage_is_kept_and_the_rest_ends_bit_equal(
    finished, runs, stopped, target, nth, finished_stages
):
    for stage in STAGES if nth == 2 else STAGES[3:]:  # the second training loop is the student's
        shutil.rmtree(chessboard(runs) / stage)
    shutil.rmtree(runs / "smoke/seed0/figures")
    words = ("all", "chessboard", *SMOKE, "--runs", runs)
    printed = stopped(target, nth, signal.SIGTERM, *words)
    assert "Run the same command again to go on from there." in printed
    assert done(runs) == list(finished_stages)
    assert not (runs / "smoke/seed0/figures").exists()
    reproduce(*words)
    assert tree(chessboard(runs)) == tree(chessboard(finished))


def test_a_stop_while_an_experiment_fails_is_not_forgotten(tmp_path, stopped):
    arguments = ("teacher", *SMOKE, "--runs", tmp_path, "--set", "teacher.lr=1e30")
    printed = stopped(f"{LOOP}.checkpoint", 30, signal.SIGINT, *arguments)
    assert printed.count("\nfailed: ") == 1
    assert "Stopped, saved." in printed
    assert len(list((tmp_path / "smoke/seed0").glob("*/teacher"))) == 1


def test_an_interrupted_fresh_goes_on_without_fresh(finished, runs, stopped):
    anew = ("all", "chessboard", *SMOKE, "--runs", runs, "--set", "teacher.lr=5e-4")
    printed = stopped(f"{LOOP}.checkpoint", 30, signal.SIGTERM, *anew, "--fresh")
    assert "without --fresh if it has moved the old stages aside" in printed
    assert done(runs) == []
    assert "going on from 30" in reproduce(*anew)
    assert done(runs) == list(STAGES)
    for stage in STAGES:  # nothing was deleted
        old, first = (chessboard(r) / s for r, s in ((runs, f"{stage}.old1"), (finished, stage)))
        assert tree(first) == tree(old)
        assert not (chessboard(runs) / f"{stage}.old2").exists()


def test_a_stop_while_old_results_are_moved_aside_waits_until_all_are(runs, stopped):
    target = "dmdrepro.runs.stage:Stage.set_aside"
    command = ("all", "chessboard", *SMOKE, "--runs", runs, "--fresh")
    assert "Stopped before the first stage" in stopped(target, 2, signal.SIGTERM, *command)
    assert sorted(p.name for p in chessboard(runs).glob("[a-z]*")) == sorted(
        f"{stage}.old1" for stage in STAGES
    )


def test_fresh_leaves_a_stage_where_it_is_when_it_cannot_be_made(runs):
    flip(chessboard(runs) / "teacher" / "snapshot-60.safetensors")
    printed = reproduce("distill", "chessboard", *SMOKE, "--runs", runs, "--fresh", code=1)
    assert "snapshot-60.safetensors is not the file that was written" in printed
    assert not list(chessboard(runs).glob("*.old*"))


def test_a_command_without_names_says_who_failed_and_leaves_the_tables(runs):
    printed = reproduce("evaluate", *SMOKE, "--runs", runs, code=1)
    assert "3 failed: mlp-manifold, moons, ring." in printed.strip().splitlines()[-1]
    assert "done already" in printed
    assert (runs / "smoke/seed0/tables/tables.md").is_file()


def test_a_damaged_evaluation_takes_nothing_from_other_experiments(runs):
    file = chessboard(runs) / "evaluate-60/record.json"
    flip(file, 100)
    printed = reproduce("all", "ring", *SMOKE, "--runs", runs, code=1)
    assert f"chessboard is damaged: {file} is not the file that was written" in printed
    assert "1 failed: chessboard." in printed
    tables = json.loads((runs / "smoke/seed0/tables/not_run.json").read_text())
    why = {row["experiment"]: row["why"] for row in tables["rows"]}
    assert why["chessboard"].startswith("damaged: evaluate-60/record.json")
    assert "ring" not in why
    assert "missing" not in drawn_from(runs, 5)["ring"]
    assert "is damaged" not in reproduce("figures", "ring", *SMOKE, "--runs", runs)
    reproduce("figures", "chessboard", *SMOKE, "--runs", runs, code=1)


def test_a_new_student_is_not_drawn_with_the_old_samples(runs):
    setting = ("--set", "distill.lr=5e-3")
    command = ("chessboard", *SMOKE, "--runs", runs)
    reproduce("distill", *command, *setting, "--fresh")
    printed = reproduce("figures", *command, code=1)
    assert "chessboard is stale: sample-60 was drawn from another student" in printed
    reproduce("figures", "ring", *SMOKE, "--runs", runs)  # is not asked for chessboard
    found = drawn_from(runs, 2)["chessboard"]["missing"]
    assert found.startswith("stale: sample-60 was drawn from another student")
    assert "Figure 2: without chessboard" in reproduce("figures", *command, "--dry-run")
    printed = reproduce("evaluate", *command, *setting, "--fresh", code=1)
    assert "first: `python reproduce.py sample chessboard --fresh`" in printed
    reproduce("sample", *command, *setting, "--fresh")
    assert "Figure 2: without chessboard" in reproduce("figures", *command, "--dry-run")
    reproduce("evaluate", *command, *setting, "--fresh")
    assert "Figure 2: complete" in reproduce("figures", *command, "--dry-run")


def test_a_student_of_another_teacher_is_not_drawn(runs):
    command = ("chessboard", *SMOKE, "--runs", runs)
    reproduce("teacher", *command, "--set", "teacher.lr=3e-3", "--fresh")
    assert "chessboard is stale: " in reproduce("figures", *command, code=1)
    found = drawn_from(runs, 2)["chessboard"]["missing"]
    assert found.startswith("stale: distill-60 was distilled from another teacher")


@pytest.mark.parametrize("command", ["teacher", "evaluate", "all"])
def test_a_finished_run_can_be_looked_at_where_nothing_can_be_written(finished, command):
    with readonly(finished):
        printed = reproduce(command, "chessboard", *SMOKE, "--runs", finished, rendered=True)
    assert "done already" in printed


def test_what_cannot_be_written_is_named(finished):
    with readonly(finished):
        printed = reproduce("teacher", "ring", *SMOKE, "--runs", finished, code=1)
    assert "Read-only file system" in printed
    assert str(finished) in printed


def test_a_loop_that_failed_or_stopped_leaves_no_request_behind(tmp_path):
    session = Session()
    context = Context(session)

    def work(_):
        session.in_loop = True
        raise NonFinite("loss is nan")

    with pytest.raises(NonFinite):
        context.make(Stage(tmp_path / "teacher", {}, "teacher"), work)
    assert not session.in_loop

    def stop() -> None:
        with stoppable(session):
            session.in_loop = True
            signal.raise_signal(signal.SIGTERM)
            assert session.stop_requested
            raise Stopped("stopped")

    with pytest.raises(typer.Exit) as ended:
        stop()
    assert ended.value.exit_code == 143
    assert not session.in_loop
    assert not session.stop_requested
