"""A stage that several runs share is waited for; one of a single run is refused."""

import threading
import time

import pytest
import test_classifier_stage
from test_classifier_stage import PLACE, SHORT

from dmdrepro.experiments import STUDIES, build
from dmdrepro.runs.errors import Busy, Stopped
from dmdrepro.runs.files import write_bytes
from dmdrepro.runs.stage import Stage
from dmdrepro.stages.context import Context
from dmdrepro.stages.run import Run
from dmdrepro.training.session import Session

reproduce = test_classifier_stage.reproduce  # a fixture


def stage_at(folder, shared=True) -> Stage:
    stage = Stage(folder / "classifier", {"a": 1}, "classifier MNIST 8x8")
    stage.shared = shared
    return stage


class Other(threading.Thread):
    """Holds a stage's lock, and does `work` before it leaves it, once it is told to go on."""

    def __init__(self, stage: Stage, work=lambda stage: None) -> None:
        super().__init__(daemon=True)
        self.stage, self.work = stage, work
        self.holds, self.told = threading.Event(), threading.Event()
        self.start()
        assert self.holds.wait(20)

    def run(self) -> None:
        with self.stage.locked():
            self.holds.set()
            assert self.told.wait(60)
            time.sleep(0.3)
            self.work(self.stage)


def finish(stage: Stage) -> None:
    stage.begin()
    write_bytes(stage.folder / "weights", b"theirs")
    stage.finish(["weights"], "cpu")


def ours(stage: Stage):
    write_bytes(stage.folder / "weights", b"ours")
    return ["weights"], {}


def context_of(other: Other, said: list[str], session: Session | None = None) -> Context:
    def say(words: str) -> None:
        said.append(words)
        if "waiting" in words:
            other.told.set()

    return Context(session or Session(), say=say)


@pytest.mark.parametrize("finishes", [True, False])
def test_what_the_other_made_is_used_and_what_it_left_undone_is_made(tmp_path, finishes):
    other = Other(stage_at(tmp_path), finish if finishes else lambda stage: None)
    said: list[str] = []
    made = context_of(other, said).make(stage_at(tmp_path), ours)
    assert made != finishes
    written = (tmp_path / "classifier/weights").read_bytes()
    assert written == (b"theirs" if finishes else b"ours")
    assert sum("waiting for it to end" in words for words in said) == 1
    assert "is making classifier MNIST 8x8 in" in said[0]


def test_a_stop_is_heeded_while_waiting(tmp_path):
    other, session = Other(stage_at(tmp_path)), Session()
    context = Context(session, say=lambda words: setattr(session, "stop_requested", True))
    with pytest.raises(Stopped, match="while waiting for another process to make classifier"):
        context.make(stage_at(tmp_path), ours)
    other.told.set()
    other.join(20)
    assert not (tmp_path / "classifier/weights").exists()


def test_a_stage_of_one_run_is_refused_at_once(tmp_path):
    other = Other(stage_at(tmp_path))
    with pytest.raises(Busy, match="wait for it to end"):
        Context(Session(), say=pytest.fail).make(stage_at(tmp_path, shared=False), ours)
    other.told.set()
    other.join(20)


def test_the_classifier_and_a_teacher_of_several_arms_are_shared(tmp_path):
    assert Run(build("mnist", "smoke"), tmp_path).classifier().shared
    assert not Run(build("chessboard", "smoke"), tmp_path).teacher().shared
    for study in STUDIES.values():
        for arm in study.arms:
            run = Run(study.at("smoke").build(arm, 0), tmp_path, arm)
            assert run.teacher().shared == (not arm.own_teacher or bool(arm.teacher))


def test_a_second_seed_waits_for_the_classifier_that_the_first_makes(
    reproduce, tmp_path, monkeypatch
):
    """The first is a thread here, which has the lock and makes nothing: so the second does."""
    folder = tmp_path / "runs" / PLACE
    folder.parent.mkdir(parents=True)
    other = Other(Stage(folder, {}, "classifier MNIST 8x8"))
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        other.told.set()
        time.sleep(seconds)

    monkeypatch.setattr("dmdrepro.stages.waiting.sleep", wait)
    printed = reproduce("classifier", "mnist", *SHORT, "--seed", "1")
    assert waits
    assert "waiting for it to end" in printed
    assert printed.index("waiting") < printed.index("classifier MNIST 8x8: done in")
