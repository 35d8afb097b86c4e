"""`--seeds`: one command over several seeds is each seed's command."""

import json

import pytest
from command import SMOKE, command, record_of
from processes import tree

from dmdrepro.experiments import build
from dmdrepro.pipeline import here
from dmdrepro.pipeline.request import whole_numbers
from dmdrepro.runs.errors import RunError


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A folder of runs of two seeds, made by one command, and what it printed."""
    runs = tmp_path_factory.mktemp("seeds")
    return runs, command("all", "ring", *SMOKE, "--seeds", "0-1", "--runs", runs)


def test_it_makes_what_two_commands_make(two, tmp_path):
    runs, printed = two
    command("all", "ring", *SMOKE, "--seed", 1, "--runs", tmp_path)
    one, both = tree(tmp_path), tree(runs)
    assert {name: both[name] for name in one} == one
    for seed in (0, 1):
        assert f"teacher ring, seed {seed}: done in" in printed
        assert (runs / f"smoke/seed{seed}/report.html").is_file()
        assert (runs / f"smoke/seed{seed}/figures").is_dir()


def test_one_seed_shows_that_seed_and_the_summary_all(two):
    runs, _ = two
    records = [record_of(runs, "ring/evaluate-60", seed) for seed in (0, 1)]
    values = [record["pairing"]["delta_e"] for record in records]
    printed = command("evaluate", "ring", *SMOKE, "--seed", 1, "--runs", runs)
    assert f"│ {values[1]:.4f}".rstrip("0") in printed
    assert "[" not in printed
    (found,) = json.loads(command("summary", "ring", "--runs", runs, "--json", "-"))["answers"]
    assert found["delta_e"] == values
    over = found["over_seeds"]["delta_e"]
    assert over["mean"] == pytest.approx(sum(values) / 2)
    assert over["interval"] == [min(values), max(values)]
    assert "0: 0." in command("summary", "ring", "--runs", runs, "--seeds", "0,1")


def test_published_records_have_the_same_summary():
    printed = command("summary", "chessboard", "--published", "--size", "paper", "--seeds", "0-1")
    assert "0: 17.7, 1: 5.96" in printed
    assert "2: " not in printed


def test_one_seeds_failure_leaves_the_others(tmp_path, monkeypatch):
    make = here.make

    def failing(task, context):
        if task.run.experiment.seed == 0 and task.stage == "distill":
            raise RunError("it broke.")
        make(task, context)

    monkeypatch.setattr(here, "make", failing)
    words = ("ring", *SMOKE, "--seeds", "0,1", "--runs", tmp_path)
    printed = command("all", *words, code=1)
    assert "failed: distill ring, seed 0 (60): it broke." in printed
    assert "1 failed: ring (seed 0)." in printed
    assert (tmp_path / "smoke/seed1/ring/evaluate-60/manifest.json").is_file()
    assert build("ring", "smoke", 0).folder == "smoke/seed0/ring"


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("0-4", (0, 1, 2, 3, 4)),
        ("0,2,5", (0, 2, 5)),
        ("7,0-2", (7, 0, 1, 2)),
        ("3", (3,)),
        *((bad, None) for bad in ("", "a", "0,0", "0-2,1", "2-1", "-1", "0-", "0-999999", "1.5")),
    ],
)
def test_a_list_of_numbers(words, numbers):
    assert whole_numbers(words) == numbers
