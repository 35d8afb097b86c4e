"""What the dry run and the list say: what is left, whole names, refusals in full."""

import re
import shutil

import pytest
from command import ENVIRONMENT, SMOKE, command, plan_of
from processes import chessboard

from dmdrepro.data import mnist_files
from dmdrepro.experiments import REGISTRY, STUDIES
from dmdrepro.pipeline.cost import cost_of, side_by_side
from dmdrepro.pipeline.plan import make_study_plan
from dmdrepro.pipeline.request import Request
from dmdrepro.pipeline.task import State, Task
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.stage import Stage


@pytest.mark.parametrize(
    ("stage", "step", "left"),
    [("teacher", 45, 0.25), ("distill-60", 10, 0.75), ("sample-60", 3, 0.5)],
)
def test_what_is_left_of_an_interrupted_stage_is_counted(runs, monkeypatch, stage, step, left):
    (runs / "smoke/seed0/chessboard" / stage / "manifest.json").unlink()
    monkeypatch.setattr(Stage, "progress", lambda self: step * (self.folder.name == stage))
    tasks = plan_of("chessboard", runs=runs).tasks
    task = next(t for t in tasks if t.stage == stage.split("-")[0])
    assert task.state().words == f"stopped at step {step}"
    assert task.state().left == pytest.approx(left)


@pytest.mark.parametrize("done", ["the arms", "the experiment itself"])
def test_a_study_needs_mnist_for_its_own_stages_alone(tmp_path, monkeypatch, done):
    def state(task):
        is_done = ("@" in task.run.name) == (done == "the arms")
        return State("done", 0.0) if is_done else State("to do", 1.0)

    monkeypatch.setattr(Task, "state", state)
    absent = mnist_files.MnistStatus(None, "no folder has it")
    monkeypatch.setattr(mnist_files, "find_mnist", lambda folder: absent)
    study = STUDIES["teacher-length"].at("smoke")
    request = Request(["mnist"], "smoke", "cpu", runs=tmp_path, offline=True)
    if done == "the arms":
        assert not make_study_plan(study, (0,), request).downloads
    else:
        with pytest.raises(RunError, match="mnist cannot run: needs MNIST, which is absent"):
            make_study_plan(study, (0,), request)


def left_to_do(printed: str) -> float:
    """Seconds."""
    number, unit = re.search(r"Left to do: about ([\d.]+) (s|min|h)", printed).groups()
    return float(number) * {"s": 1, "min": 60, "h": 3600}[unit]


def test_left_to_do_counts_neither_what_is_done_nor_what_is_refused(finished):
    long = ("--set", "teacher.snapshots=1000000", "--set", "teacher.lr=1e-4")
    new = command("teacher", "ring", *SMOKE, *long, "--runs", finished, "--dry-run")
    assert left_to_do(new) > 1000
    printed = command("teacher", "chessboard", *SMOKE, *long, "--runs", finished, "--dry-run")
    assert left_to_do(printed) == 0
    assert "without what is refused" in printed
    assert left_to_do(command("all", "chessboard", *SMOKE, "--runs", finished, "--dry-run")) == 0
    fresh = command("all", "chessboard", *SMOKE, "--runs", finished, "--dry-run", "--fresh")
    assert left_to_do(fresh) > 0


def test_the_plan_of_all_ends_with_figures_and_tables(finished):
    printed = command("all", "chessboard", *SMOKE, "--runs", finished, "--dry-run")
    assert f"Figures: 2, 3, over_n, into {finished}/smoke/seed0/figures" in printed
    for words in ("Tables: into", "Known answers: into", "Report:"):
        assert f"{words} {finished}/smoke/seed0/" in printed
    printed = command("teacher", "chessboard", *SMOKE, "--runs", finished, "--dry-run")
    assert "Figures" not in printed
    assert "Tables" not in printed


def test_figures_dry_run_lists_what_would_be_drawn(finished):
    printed = command("figures", "chessboard", *SMOKE, "--runs", finished, "--dry-run")
    found = re.findall(r"Figure (\d+): (.*)", printed)
    assert found == [("2", "complete"), ("3", "without mnist")]
    folder = finished / "smoke/seed0/figures"
    drawn = {path.stem for path in folder.glob("*.png")}
    assert drawn == {"figure_02", "figure_03", "over_n"}


def test_a_figure_is_complete_only_with_every_planned_student(finished, tmp_path):
    snapshots = ("--set", "teacher.snapshots=30,60")
    command("all", "chessboard", *SMOKE, "--runs", tmp_path, *snapshots)
    shutil.rmtree(tmp_path / "smoke/seed0/chessboard/evaluate-30")
    printed = command("figures", "chessboard", *SMOKE, "--runs", tmp_path, "--dry-run")
    assert "Figure 2: without chessboard's students of the teacher at 30 iterations" in printed


def whole_grid(printed: str, columns: int) -> list[str]:
    """The table's lines: none is too long, no cell is cut."""
    grid = [line for line in printed.splitlines() if line[:1] in "┏┡└│"]
    assert max(map(len, grid)) <= columns
    assert "\N{HORIZONTAL ELLIPSIS}" not in printed
    return grid


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_no_name_and_no_refusal_is_cut_at_any_width(runs, monkeypatch, columns):
    manifest = chessboard(runs) / "teacher/manifest.json"
    manifest.write_text("{}")
    monkeypatch.setitem(ENVIRONMENT, "COLUMNS", str(columns))
    for words in (("list",), ("all", *SMOKE, "--dry-run")):
        printed = command(*words, "--runs", runs)
        grid = whole_grid(printed, columns)
        refusals = [line for line in printed.splitlines() if "refused: " in line]
        assert any(str(manifest) in line for line in refusals)
        names = {"chessboard", "moons", "ring", "mlp-manifold"}
        for name in names if "Plan" in printed else REGISTRY:
            assert any(re.search(rf"│ {name} ", line) for line in grid), (name, printed)


def test_a_refusal_names_its_stage_once(finished):
    words = ("all", "chessboard", *SMOKE, "--set", "teacher.lr=1", "--runs", finished, "--dry-run")
    refusals = [line for line in command(*words).splitlines() if line.startswith("refused: ")]
    assert all(line.count("teacher chessboard, seed 0") == 1 for line in refusals)
    assert refusals


def test_the_papers_plan_is_whole_at_eighty_columns(tmp_path, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "COLUMNS", "80")
    words = ("--size", "paper", "--gpu", "0", "--runs", tmp_path / "r", "--dry-run")
    printed = command("all", *words)
    whole_grid(printed, 80)
    assert "│ chessboard (20,000) " in printed
    assert printed.count("mnist (") >= 18  # six students, three stages each
    assert "a model, not measured" in " ".join(printed.split())


def test_independent_stages_take_the_time_of_the_longest_way_on_enough_devices(tmp_path):
    plan = plan_of("ring", "chessboard", size="paper", gpu="0-7", seeds="0-1", runs=tmp_path)
    left = {task: {"teacher": 3.0, "distill": 2.0, "evaluate": 4.0}.get(task.stage, 0.0)
            for task in plan.tasks}  # fmt: skip
    students = sum(task.stage == "distill" for task in plan.tasks)
    assert side_by_side(plan, left, 64) == 9.0
    # Four teachers, then every student and behind the last one its evaluation.
    assert side_by_side(plan, left, 1) >= 4 * 3.0 + 2.0 * students
    assert cost_of(plan).seconds < sum(cost.seconds for _, _, cost in cost_of(plan).rows) / 3
