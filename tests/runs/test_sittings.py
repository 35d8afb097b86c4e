"""Every sitting of an interrupted stage is recorded, and one under another setting is said."""

import json

import pytest
import torch

from dmdrepro.runs.errors import Stopped
from dmdrepro.runs.files import read_sealed, write_sealed
from dmdrepro.runs.stage import Stage
from dmdrepro.stages.context import Context
from dmdrepro.training.engine import Engine
from dmdrepro.training.session import Loop, Session

TOTAL = 9
CPU = torch.device("cpu")


def sitting(
    tmp_path, until: int | None = None, engine: str = "auto", executed: str | None = None
) -> list[str]:
    """One sitting of a stage of nine steps, stopped after `until`; returns what was said.

    `executed`: what the step is executed as, if not as the engine says.
    """
    said: list[str] = []
    session = Session(engine=Engine.parse(engine).on(CPU), say=said.append)
    session.executed = Engine.parse(executed) if executed else session.engine

    def work(stage: Stage):
        stage.sittings.here |= session.chosen()
        loop = Loop(stage, session, 0, TOTAL, {"w": torch.nn.Linear(2, 2)})
        for step in (it + 1 for it in loop.left()):
            session.stop_requested = step == until
            loop.losses.add(step, loss=torch.tensor(1.0))
            loop.checkpoint(step)
        loop.keep(TOTAL, "weights", {"w": torch.ones(2)})
        loop.close()
        return ["log.jsonl", "weights"], {}

    stage = Stage(tmp_path / "teacher", {"a": 1}, "teacher chessboard")
    try:
        Context(session, say=said.append).make(stage, work)
    except Stopped:
        assert until
    return said


def recorded(tmp_path) -> list[dict]:
    record = json.loads((tmp_path / "teacher/record.json").read_text())
    return record["provenance"]["sittings"]


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_alike_sittings_are_one_and_nothing_is_said(tmp_path):
    for until in (3, 5, None):
        said = sitting(tmp_path, until)
        assert not any(words.startswith("Note") for words in said)
    (only,) = recorded(tmp_path)
    assert (only["from"], only["to"]) == (0, TOTAL)
    assert only["engine"] == "eager"
    assert {"threads", "device", "torch", "version", "commit"} <= only.keys()


def test_other_threads_and_another_engine_are_said_and_every_sitting_recorded(tmp_path, threads):
    threads(2)
    sitting(tmp_path, 3)
    threads(1)
    said = sitting(tmp_path, 5)
    assert "resumes at step 3 under another setting (threads: 2 then, 1 now)" in said[0]
    said = sitting(tmp_path, None, "channels-last")
    assert "step 5 under another setting (engine: eager then, channels-last now)" in said[0]
    found = recorded(tmp_path)
    assert [(s["from"], s["to"]) for s in found] == [(0, 3), (3, 5), (5, TOTAL)]
    assert [s["threads"] for s in found] == [2, 1, 1]
    assert [s["engine"] for s in found] == ["eager", "eager", "channels-last"]


@pytest.mark.parametrize("name", ["device", "torch", "commit", "version"])
def test_another_device_version_or_commit_is_said(tmp_path, monkeypatch, name):
    from dmdrepro.runs import sittings

    usual = sittings.provenance
    sitting(tmp_path, 3)
    monkeypatch.setattr(sittings, "provenance", lambda device: usual(device) | {name: "another"})
    said = sitting(tmp_path)
    assert f"{name}: " in said[0]
    assert "another now)" in said[0]
    assert [s[name] == "another" for s in recorded(tmp_path)] == [False, True]


def test_a_state_that_knows_no_sittings_goes_on_and_is_said(tmp_path):
    """As an earlier version of the program wrote it."""
    sitting(tmp_path, 4)
    path = tmp_path / "teacher/state.json"
    state = read_sealed(path, "state")
    del state["sittings"]
    write_sealed(path, "state", state)
    said = sitting(tmp_path)
    assert "resumes at step 4 from a state that does not name its threads" in said[0]
    first, second = recorded(tmp_path)
    assert first == {"from": 0, "to": 4}
    assert (second["from"], second["to"], second["threads"]) == (4, TOTAL, torch.get_num_threads())


def test_graphs_that_auto_chose_are_no_change_and_another_way_is(tmp_path):
    """Graphs that nobody asked for are used only if they have the bits of what they record."""
    ways = ("compiled,graphs,channels-last", "graphs,channels-last", "channels-last")
    said = [sitting(tmp_path, 3 + 2 * n, executed=way) for n, way in enumerate(ways)]
    assert f"(engine: {ways[0]} then, {ways[1]} now)" in said[1][0]
    assert said[2] == []
    sitting(tmp_path)
    found = [(s["engine"], s["from"], s["to"]) for s in recorded(tmp_path)]
    assert found == [(ways[0], 0, 3), (ways[2], 3, 7), ("eager", 7, TOTAL)]
