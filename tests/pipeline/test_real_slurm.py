"""Jobs of a real Slurm of one node; skipped where its daemons cannot be started."""

import re
import time

import pytest
from command import SMOKE, command, record_of
from processes import environment, reproduce, tree
from slurm_node import Node, lacking


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    if why := lacking():
        pytest.skip(why)
    node = Node(tmp_path_factory.mktemp("slurm"))
    try:
        node.start()
        yield node
    finally:
        node.stop()


@pytest.fixture
def submit(node, tmp_path, monkeypatch):
    """Submits a command; `runs` is its folder."""
    for name, value in {**environment(), **node.environment, "OMP_NUM_THREADS": "1"}.items():
        monkeypatch.setenv(name, value)

    def submitted(*words, **options):
        return reproduce(*words, *SMOKE, "--slurm", "--runs", tmp_path / "runs", **options)

    return submitted


def over(node):
    node.wait_for(lambda: not node.ask("squeue", "-h").strip(), "all jobs are over", 560)


def test_a_job_equals_the_command_and_is_not_submitted_twice(node, submit, tmp_path):
    node.ask("scontrol", "update", "PartitionName=main", "State=DOWN")  # the job has to wait
    assert "teacher ring, seed 0: job " in submit("teacher", "ring", "--slurm-time", 10)
    assert " already (" in submit("teacher", "ring", "--slurm-time", 10)
    node.ask("scontrol", "update", "PartitionName=main", "State=UP")
    over(node)
    assert "Nothing is left to do." in submit("teacher", "ring")
    command("teacher", "ring", *SMOKE, "--runs", tmp_path / "here")
    assert tree(tmp_path / "runs") == tree(tmp_path / "here")
    record = record_of(tmp_path / "runs", "ring/teacher")
    assert {"slurm_job", "host", "torch", "device"} <= record["provenance"].keys()
    assert "│ done " in reproduce("list", "--slurm", "--runs", tmp_path / "runs")


def test_all_over_two_seeds_survives_a_restart_of_the_controller(node, submit, tmp_path):
    settings = ("--set", "teacher.snapshots=30,60")
    submit("all", "ring", "--seeds", "0-1", *settings, "--slurm-array", 1)
    node.wait_for(lambda: " R " in node.ask("squeue"), "a job runs")
    node.stop_controller()
    time.sleep(2)
    node.start_controller()
    over(node)
    reproduce(
        "all", "ring", *SMOKE, "--seeds", "0-1", *settings, "--jobs", 1, "--runs", tmp_path / "here"
    )
    assert tree(tmp_path / "runs") == tree(tmp_path / "here")
    assert (tmp_path / "runs/smoke/seed1/report.html").is_file()


def test_a_preempted_job_goes_on_to_the_same_bytes(node, submit, tmp_path):
    settings = ("--set", "teacher.snapshots=6000")
    printed = submit("teacher", "ring", *settings, "--slurm-time", 10)
    job = re.search(r"job (\d+)", printed)[1]
    log = tmp_path / "runs/smoke/seed0/ring/teacher/log.jsonl"
    node.wait_for(log.is_file, "it trains")
    alone = ("--partition=high", "--exclusive", "--time=1", "--output=/dev/null")
    node.ask("sbatch", *alone, "--wrap=sleep 3")
    node.wait_for(lambda: "PENDING" in node.ask("squeue", "-h", "-j", job, "-o", "%T"), "requeued")
    assert (log.parent / "state.json").is_file()
    node.wait_for(lambda: "sleep" not in node.ask("squeue", "-o", "%o"), "the other ends")
    # Slurm holds what was requeued for two minutes.
    node.ask("scontrol", "update", f"JobId={job}", "StartTime=now")
    over(node)
    reproduce("teacher", "ring", *SMOKE, *settings, "--runs", tmp_path / "here")
    assert tree(tmp_path / "runs") == tree(tmp_path / "here")
    (said,) = (tmp_path / "runs/slurm").glob("*/*.out")
    assert "going on from" in said.read_text()


def test_a_failed_teachers_students_end_with_a_reason(node, submit, tmp_path):
    settings = ("--set", "teacher.lr=1e30")
    submit("all", "ring", *settings)
    over(node)
    printed = reproduce("list", "--slurm", "--runs", tmp_path / "runs")
    assert re.search(r"teacher ring, seed 0 +│ failed │ teacher ring, seed 0", printed)
    assert "loss is inf at step 1" in printed
    assert re.search(r"distill ring, seed 0 \(60\) +│ failed │ it never began", printed)
