"""`auto` takes the fastest way that is right, in a fixed order and time, and remembers it."""

import pytest
import torch
from steps import CPU, Nothing, record_by, rerun

from dmdrepro.experiments import build
from dmdrepro.training import fastest as module
from dmdrepro.training.engine import Engine
from dmdrepro.training.fastest import WAYS, fastest
from dmdrepro.training.session import Session
from dmdrepro.training.trial import student_work, trial

GPU = torch.device("cuda", 0)
PLAIN, GRAPHS, COMPILED = WAYS


@pytest.fixture
def tried(monkeypatch, tmp_path):
    """What was tried, in order; `answers` says what each way comes to."""
    asked, answers = [], {}

    def answer(experiment, stage, way, device, limit_s):
        asked.append((stage, way))
        return answers.get(way, {"why": "it is not right"})

    monkeypatch.setattr(module, "_try", answer)
    monkeypatch.setattr(module, "provenance", lambda device: dict.fromkeys(
        ("version", "torch", "triton", "device")))  # fmt: skip
    monkeypatch.setattr(module, "default_cache", lambda: tmp_path / "cache" / "mnist")
    return asked, answers


def chosen(size="paper", stage="distill", name="mnist"):
    engine = fastest(build(name, size), stage, GPU, lambda words: None)
    assert engine.auto
    return str(engine)


def test_the_fastest_right_way_is_taken_and_remembered(tried):
    asked, answers = tried
    answers |= {PLAIN: {"iteration_s": 0.007}, COMPILED: {"iteration_s": 0.006}}
    assert chosen() == str(Engine.parse(COMPILED))
    assert asked == [("distill", way) for way in WAYS]
    assert chosen() == str(Engine.parse(COMPILED))
    assert len(asked) == 3
    chosen(name="mnist-conditional")  # another kind of step
    assert len(asked) == 6


def test_where_nothing_is_right_it_is_the_first_way(tried):
    assert chosen() == PLAIN


def test_a_trial_that_failed_is_tried_again(tried):
    """Another program may have filled the GPU."""
    asked, answers = tried
    answers |= {PLAIN: {"failed": "out of memory"}, GRAPHS: {"iteration_s": 0.01}}
    said = []
    for _ in range(2):
        assert str(fastest(build("mnist", "paper"), "distill", GPU, said.append)) == GRAPHS
    assert len(asked) == 6
    assert f"Not tried, and not remembered: {PLAIN} (out of memory)." in said


def test_a_short_stage_tries_nothing(tried):
    asked, _ = tried
    assert chosen("smoke") == PLAIN
    assert chosen(name="chessboard") == PLAIN
    assert asked == []


def test_the_time_is_kept(tried, monkeypatch):
    asked, _ = tried
    monkeypatch.setattr(module, "LIMIT_S", 0.0)
    assert chosen() == PLAIN
    assert asked == []


def test_a_file_that_is_not_ours_is_no_memory(tried, tmp_path):
    asked, answers = tried
    answers[GRAPHS] = {"iteration_s": 1.0}
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "ways.json").write_text('{"a": {"rm -rf": {}}}')
    assert chosen() == GRAPHS
    assert len(asked) == 3


@pytest.mark.parametrize("stage", ["teacher", "distill"])
def test_a_trial_times_a_record_that_is_right(stage, monkeypatch):
    record_by(rerun, monkeypatch)
    found = trial(build("chessboard", "smoke"), stage, PLAIN, CPU)
    assert 0 < found["iteration_s"] < found["first_s"]


def test_a_trial_of_the_adversarial_loss_needs_no_data():
    experiment = build("mnist-conditional", "smoke", overrides={"distill.gan": "true"})
    _, inputs, every = student_work(experiment, CPU)
    real = next(inputs)[every - 1].real
    assert real.x.shape == (experiment.distill.batch, *experiment.data.shape)
    assert real.classes.shape == (experiment.distill.batch, 10)


def test_a_trial_says_why_a_record_is_wrong(monkeypatch):
    record_by(lambda work: lambda: 2 * work(), monkeypatch)
    found = trial(build("chessboard", "smoke"), "distill", PLAIN, CPU)
    assert found["why"].startswith("a replay differs from the step itself")


def test_a_process_that_cannot_is_a_reason_and_no_error():
    """No GPU, or one on which a smoke trial takes its time: one sentence either way."""
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    found = module._try(build("chessboard", "smoke"), "distill", PLAIN, GPU, 600.0)
    assert "no CUDA GPU" in found["failed"]


def test_a_session_asks_for_a_long_stage_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(
        module,
        "fastest",
        lambda e, stage, *_: asked.append(stage) or Engine(auto=True, graphs=True),
    )
    record_by(rerun, monkeypatch)
    session = Session(device=CPU, engine=Engine.parse("auto").on(GPU))
    session.prepare(Nothing(), build("mnist", "paper"), "distill")
    assert str(session.executed) == "graphs"
    Session(engine=Engine.parse("auto")).prepare(Nothing(), build("mnist", "paper"), "distill")
    Session(engine=Engine.parse("graphs,channels-last")).prepare(Nothing(), build("mnist", "paper"))
    assert asked == ["distill"]
