"""Several ranks make the training that one makes: losses, weights, resumption."""

import json
import os
from pathlib import Path

import pytest
import torch
from conftest import ROOT
from processes import completed, environment
from safetensors.torch import load_file

from dmdrepro.training.draws import Real
from dmdrepro.training.ranks import ALONE, Ranks
from dmdrepro.training.recorded import Recorded


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("ranks")
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    env = environment() | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    done = completed("tests/training/rank_runs.py", folder, env=env)
    assert done.returncode == 0, done.stderr
    return folder


def losses(folder: Path) -> torch.Tensor:
    lines = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
    return torch.tensor([value for line in lines for value in line.values()])


@pytest.mark.parametrize("several", ["teacher-2", "student-2", "student-4", "student-2-4"])
def test_several_processes_make_what_one_makes_within_rounding(runs, several):
    """With every loss that there is, an average of the weights, classes and real data."""
    one = runs / f"{several.partition('-')[0]}-1"
    torch.testing.assert_close(losses(runs / several), losses(one), rtol=2e-5, atol=1e-6)
    for file in one.glob("*.safetensors"):
        expected, found = load_file(file), load_file(runs / several / file.name)
        for name, weight in expected.items():
            torch.testing.assert_close(found[name], weight, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("whole", ["teacher-2", "student-2"])
def test_stopped_through_one_rank_it_goes_on_to_the_same_bytes(runs, whole):
    files = [*(runs / whole).glob("*.safetensors"), runs / whole / "log.jsonl"]
    assert len(files) > 1
    for file in files:
        assert (runs / f"{whole}-2" / file.name).read_bytes() == file.read_bytes()
    assert not (runs / f"{whole}-2/said").exists()


def test_another_number_of_ranks_is_said_and_every_sitting_recorded(runs):
    assert "(ranks: 2 then, 4 now)" in (runs / "student-2-4/said").read_text()
    record = json.loads((runs / "student-2-4/record.json").read_text())
    sittings = record["provenance"]["sittings"]
    assert [(s["ranks"], s["from"], s["to"]) for s in sittings] == [(2, 0, 5), (4, 5, 15)]
    alone = json.loads((runs / "student-1/record.json").read_text())
    assert "ranks" not in alone | alone["provenance"]["sittings"][0]


def test_the_ranks_parts_are_the_batch():
    x = torch.arange(12.0).reshape(6, 2)
    real = Real(x, x[:, 0], x + 1, None)
    parts = [Ranks(rank, 3).part([(x, torch.tensor(7.0)), real]) for rank in range(3)]
    torch.testing.assert_close(torch.cat([part[0][0] for part in parts]), x)
    torch.testing.assert_close(torch.cat([part[1].eps for part in parts]), x + 1)
    assert {part[0][1].item() for part in parts} == {7.0}
    assert ALONE.part(real) is real


def test_a_rank_whose_graph_is_right_leaves_it_out_if_anothers_is_not(monkeypatch):
    """Or one would replay, and wait for another that does not."""
    from dmdrepro.training import recorded

    monkeypatch.setattr(recorded, "Aside", lambda: lambda call: call())
    gave_up, asked = [], []

    def agree(found):
        asked.append(found)
        return "the step cannot be recorded (another rank says so)", True

    monkeypatch.setattr(recorded, "record_graph", lambda work: lambda: pytest.fail("replayed"))
    step = Recorded(lambda block: [{}], {}, lambda *why: gave_up.append(why), agree=agree)
    for _ in range(recorded.WARM_UP + 2):
        step([torch.zeros(2)])
    assert asked == [None]
    assert gave_up == [("the step cannot be recorded (another rank says so)", True)]
