"""Every way of executing a step gives the plain loop's numbers, or says why it cannot."""

import re
from dataclasses import replace
from functools import partial

import pytest
import torch
from steps import (
    CPU,
    Nothing,
    blocks,
    given,
    impossible,
    numbers,
    record_by,
    same_state,
    student_step,
    teacher_step,
)
from torch._dynamo.exc import TorchDynamoException

from dmdrepro.bench.plain import plain_iteration
from dmdrepro.runs.errors import RunError
from dmdrepro.training.engine import Engine
from dmdrepro.training.recorded import WARM_UP
from dmdrepro.training.session import Session


def prepared(words, step, device=CPU):
    """A step by an engine, which nothing may make do without graphs."""
    return Engine.parse(words).on(device).prepare(step, pytest.fail)


@pytest.mark.parametrize(
    ("words", "ways"), [("auto", "graphs,channels-last"), ("graphs", "graphs")]
)
def test_graphs_that_fail_end_a_run_only_where_they_were_asked_for(words, ways, monkeypatch):
    record_by(impossible, monkeypatch)
    _, nets, draws = given()
    said = []
    session = Session(engine=Engine.parse(words).on(torch.device("cuda")), say=said.append)
    step = session.prepare(nets)
    assert str(session.executed) == ways
    *warm_up, last = blocks(draws, 5 * (WARM_UP + 1))
    for block in warm_up:
        step(block)
    if words == "auto":
        step(last)
        assert str(session.executed) == "channels-last"
        assert said[0].startswith("Note: without CUDA graphs, so slower: the step cannot be")
        session.prepare(Nothing())  # after one that broke no other is tried
        assert session.execution()["engine"] == "channels-last"
        assert session.execution()["without_graphs"].startswith("the step cannot be recorded")
    else:
        with pytest.raises(RunError, match="--engine graphs: the step cannot be recorded"):
            step(last)


def test_a_replay_of_other_bits_costs_the_graphs_of_its_own_stage_alone(monkeypatch):
    record_by(lambda work: lambda: 1.5 * work(), monkeypatch)
    _, nets, draws = given()
    session = Session(engine=Engine.parse("auto").on(torch.device("cuda")), say=lambda words: None)
    step = session.prepare(nets)
    for block in blocks(draws, 5 * (WARM_UP + 1)):
        step(block)
    assert session.execution()["without_graphs"].startswith("a replay differs from the step itself")
    assert str(session.executed) == "channels-last"
    session.prepare(Nothing())
    assert session.execution() == {"engine": "graphs,channels-last", "engine_option": "auto"}


def test_a_step_that_cannot_be_recorded_is_not_tried():
    said = []
    session = Session(engine=Engine.parse("auto").on(torch.device("cuda")), say=said.append)
    exact = Nothing()
    exact.no_graphs = "it is exact"
    session.prepare(exact)
    assert str(session.executed) == "channels-last"
    assert said == ["Note: without CUDA graphs, so slower: it is exact."]
    assert session.execution() == {
        "engine": "channels-last",
        "engine_option": "auto",
        "without_graphs": "it is exact",
    }
    session.prepare(Nothing())  # the next one is
    assert session.execution() == {"engine": "graphs,channels-last", "engine_option": "auto"}


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "rounding"), [("float32", 2e-3), ("bfloat16", 5e-2)])
@pytest.mark.parametrize(
    ("name", "words"), [("chessboard", "compiled"), ("mlp-manifold", "compiled,channels-last")]
)
def test_compiled_steps_give_the_losses_of_the_plain_loop(name, words, precision, rounding):
    _, plain, draws = given(name)
    _, nets, _ = given(name, precision=precision)
    step = prepared(words, nets)
    _compare(plain, draws, step, until=10, rounding=rounding)


@pytest.mark.slow
@pytest.mark.parametrize(
    "made",
    [
        partial(student_step, **{"distill.gan": "true"}),
        partial(student_step, "chessboard", **{"distill.gan": "true"}),
        partial(student_step, "chessboard", **{"distill.regression_weight": "0.1"}),
        partial(student_step, "chessboard", **{"distill.real_score": "exact"}),
        partial(student_step, "chessboard", **{"distill.start": "random"}),
        partial(teacher_step, "chessboard"),
    ],
    ids=("gan", "toy's gan", "regression", "exact score", "random start", "teacher"),
)
def test_compiled_steps_give_the_losses_of_eager_ones(made):
    """Where the plain loop does not go."""
    found = []
    for words in ("eager", "compiled"):
        step, inputs = made()
        run = prepared(words, step)
        found.append([numbers(run(block)) for block in inputs])
    assert found[1][0] != found[1][-1]
    for eager, compiled in zip(*found, strict=True):
        assert compiled == pytest.approx(eager, rel=2e-3, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "value", "functions"),
    [("gan", "true", 3), ("regression_weight", "0.1", 3), ("real_score", "exact", 2)],
)
def test_a_compiled_step_is_one_graph_for_each_function(setting, value, functions):
    """A break would leave the rest of a function to eager torch, and say nothing."""
    _, nets, draws = given("chessboard", **{f"distill.{setting}": value})
    step = prepared("compiled", nets)
    torch._dynamo.utils.counters.clear()
    for block in blocks(draws, 10):
        step(block)
    counters = torch._dynamo.utils.counters
    assert not counters["graph_break"]
    assert counters["stats"]["unique_graphs"] >= functions


@pytest.mark.parametrize("auto", [False, True])
def test_what_cannot_be_compiled_names_the_engine_without(auto):
    """Also if nobody asked for it."""

    class Uncompilable(Nothing):
        def __call__(self, block):
            raise TorchDynamoException("\n no C++ compiler\nmore")

    engine = replace(Engine.parse("compiled,channels-last"), auto=auto)
    with pytest.raises(
        RunError, match=r"could not compile the step \(no C\+\+ compiler\); "
    ) as why:
        engine.prepare(Uncompilable())([])
    asked, remedy = re.findall(r"--engine ([a-z,-]+)", str(why.value))
    assert (asked, remedy) == (engine.option, "channels-last")


def test_channels_last_gives_the_plain_loops_losses():
    _, plain, draws = given()
    _, nets, _ = given()
    step = prepared("channels-last", nets)
    _compare(plain, draws, step, until=10)


@pytest.mark.parametrize("name", ["chessboard", "mlp-manifold"])
@pytest.mark.parametrize("words", ["graphs", "compiled,graphs", "channels-last,graphs"])
def test_graphs_give_the_plain_loops_losses(name, words, gpu):
    torch.set_float32_matmul_precision("highest")  # two roundings of TF32 part within some steps
    torch.backends.cudnn.allow_tf32 = False
    _, plain, draws = given(name, gpu)
    _, nets, _ = given(name, gpu)
    step = prepared(words, nets, gpu)
    _compare(plain, draws, step, until=5 * (WARM_UP + 4) + 2)


@pytest.mark.parametrize("name", ["chessboard", "mlp-manifold"])
def test_auto_replays_to_the_bit_on_a_gpu(name, gpu):
    _, plain, draws = given(name, gpu)
    _, other, _ = given(name, gpu)
    step = prepared("auto", other, gpu)
    # Images in the layout that auto takes: in another, cuDNN sums in another order.
    unrecorded = prepared("channels-last", plain, gpu) if name == "mlp-manifold" else plain
    for block in blocks(draws, 5 * (WARM_UP + 4)):
        assert numbers(step(block)) == numbers(unrecorded(block))
    assert same_state(plain, other)


def _compare(plain, draws, step, until, rounding=2e-3):
    found = [losses for block in blocks(draws, until) for losses in step(block)]
    for it in range(until):
        for key, value in plain_iteration(plain, draws, it).items():
            assert found[it][key].item() == pytest.approx(value, rel=rounding), (it, key)


@pytest.mark.parametrize(
    ("words", "device", "named"),
    [
        ("eager", "cpu", "eager"),
        ("channels-last, compiled", "cpu", "compiled,channels-last"),
        ("auto", "cpu", "eager"),
        ("auto", "cuda", "graphs,channels-last"),
    ],
)
def test_an_engine_is_named_as_it_is_executed(words, device, named):
    assert str(Engine.parse(words).on(torch.device(device))) == named


KNOWN = "use auto, eager, or some of compiled, graphs, channels-l"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        *((words, KNOWN) for words in ("", "fast", "compiled,,graphs", "channels_last")),
        ("eager,compiled", "--engine eager,compiled: eager stands alone"),
        ("graphs", r"graphs need a CUDA GPU .* use --engine eager\."),
    ],
)
def test_an_engine_that_there_is_not_is_one_sentence(words, says):
    with pytest.raises(RunError, match=says):
        Engine.parse(words).on(CPU)
