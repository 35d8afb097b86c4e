"""Which chains a plan has, in how many processes, and their commands."""

from types import SimpleNamespace

import pytest
import torch
from command import command, plan_of, study_plan

from dmdrepro.experiments import STUDIES
from dmdrepro.pipeline.chains import chains_of
from dmdrepro.pipeline.processes import MOST, Processes, jobs_of
from dmdrepro.pipeline.task import STAGES

CPU = torch.device("cpu")
NAMES = ("chessboard", "ring")


def test_students_wait_for_their_teachers_which_arms_share():
    found = chains_of(plan_of("chessboard", "mlp-manifold", size="laptop"))
    stages = [[task.stage for task in chain.tasks] for chain in found]
    assert stages == [["teacher"], ["distill", "sample", "evaluate"]] * 2
    assert [chain.after for chain in found[1::2]] == [{chain.makes} for chain in found[::2]]
    found = chains_of(study_plan((0, 1)))
    assert len({chain.makes for chain in found} - {None}) == 2  # a seed's arms share one
    assert len(found) == 2 + 2 * len(STUDIES["start"].arms)


@pytest.mark.parametrize(
    ("wanted", "names", "size", "threads", "jobs"),
    [
        (None, NAMES, "laptop", 2, 2),
        (None, NAMES, "laptop", 1, 1),
        (None, ("chessboard",), "laptop", 8, 1),  # nothing to do beside it
        (None, NAMES, "smoke", 8, 1),  # over before a process has begun
        (None, ("chessboard", "ring", "moons", "mlp-manifold"), "laptop", 64, MOST),
        (3, NAMES, "smoke", 1, 2),
    ],
)
def test_how_many_processes(wanted, names, size, threads, jobs):
    assert jobs_of(plan_of(*names, size=size, jobs=wanted), CPU, threads) == jobs


def test_a_gpu_is_one_place():
    assert jobs_of(plan_of(*NAMES, size="laptop"), torch.device("cuda"), 16) == 1


def command_of(plan, chain, places=2, threads=4):
    session = SimpleNamespace(device=CPU)
    return Processes(plan, SimpleNamespace(session=session), places, threads, print)._words(chain)


def test_a_chains_command_makes_that_chain_alone(tmp_path):
    short = ["teacher.snapshots=5,10", "distill.iterations=5", "data.cells=4"]
    plan = plan_of(*NAMES, seed=3, runs=tmp_path, settings=short)
    chains = chains_of(plan)
    words = command_of(plan, chains[3])
    assert "--threads=2" in words
    assert "--sharers=2" in words
    assert "--set=data.cells=4" not in words  # the ring has none
    for chain in chains[3:5]:
        lines = command(*command_of(plan, chain)).splitlines()
        made = [line.split()[0] for line in lines if "done in" in line]
        assert made == [task.stage for task in chain.tasks]
    made = {p.parent.name for p in tmp_path.rglob("manifest.json")}
    assert made == {"teacher", "distill-5", "sample-5", "evaluate-5"}
    assert not list(tmp_path.rglob("report.html"))


def test_a_studys_chain_is_named_too(tmp_path):
    plan = study_plan((1,), runs=tmp_path)
    for chain in chains_of(plan)[:2]:
        command(*command_of(plan, chain))
    folder = tmp_path / "smoke/seed1"
    made = {str(p.parent.relative_to(folder)) for p in folder.rglob("manifest.json")}
    arm = f"chessboard@{STUDIES['start'].arms[0].name}"
    assert made == {"chessboard/teacher", *(f"{arm}/{s}-60" for s in STAGES[1:])}
    assert not list(tmp_path.rglob("study.png"))
