"""Every way of executing a step gives the plain loop's numbers, and replays use the new inputs."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import pytest
import torch
from stand_in import rerun
from torch._dynamo.exc import TorchDynamoException
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from dmdrepro.bench.plain import plain_iteration
from dmdrepro.experiments import build
from dmdrepro.runs.checkpoint import optimiser_tensors, pack
from dmdrepro.runs.errors import RunError
from dmdrepro.training.build import build_dataset, build_denoiser
from dmdrepro.training.draws import Draws
from dmdrepro.training.engine import Engine
from dmdrepro.training.recorded import WARM_UP, Recorded, difference, tensors_of
from dmdrepro.training.session import Session
from dmdrepro.training.student import distill_block, initial_networks
from dmdrepro.training.teacher import draw_inputs, teacher_step

CPU = torch.device("cpu")
FAST = {"distill.warmup": "0", "distill.lr": "1e-3"}


def given(name="mlp-manifold", device=CPU, **overrides):
    """An experiment, networks away from their start, and their draws."""
    experiment = build(name, "smoke", overrides=FAST | overrides)
    torch.manual_seed(0)
    weights = build_denoiser(experiment).state_dict()
    weights = {k: v + 0.05 * torch.randn_like(v) for k, v in weights.items()}
    nets = initial_networks(experiment, weights, device)
    dataset = build_dataset(experiment.data).to(device)
    return experiment, nets, Draws(experiment, 7, dataset, device)


def blocks(draws, until, every=5):
    for first in range(0, until, every):
        yield draws.block(range(first, min(first + every, until)))


def recorded(nets, settings, record=rerun, give_up=pytest.fail, tolerance=0.0):
    return Recorded(
        lambda block: distill_block(nets, settings, block),
        record,
        lambda call: call(),
        nets.state,
        give_up,
        tolerance,
    )


@pytest.mark.parametrize("gan", ["false", "true"])
def test_a_recorded_step_gives_the_same_bits(gan):
    experiment, eager, draws = given(**{"distill.gan": gan})
    _, other, _ = given(**{"distill.gan": gan})
    step = recorded(other, experiment.distill)
    until = 5 * (WARM_UP + 4) + 2  # the last block is short
    for block in blocks(draws, until):
        expected = distill_block(eager, experiment.distill, block)
        found = step(copy.deepcopy(block))
        assert [list(losses) for losses in found] == [list(losses) for losses in expected]
        for a, b in zip(expected, found, strict=True):
            assert all(torch.equal(a[name], b[name]) for name in a)
    for a, b in zip(eager.state().values(), other.state().values(), strict=True):
        assert torch.equal(a, b)


def test_losses_of_a_replay_outlive_the_next_one():
    experiment, nets, draws = given()
    step = recorded(nets, experiment.distill)
    kept, at_once = [], []
    for block in blocks(draws, 5 * (WARM_UP + 3)):
        kept.append(step(block))
        at_once.append(numbers(kept[-1]))
    assert [numbers(found) for found in kept] == at_once
    assert at_once[-2] != at_once[-1]


def numbers(found) -> list[float]:
    return [float(value) for losses in found for value in losses.values()]


def forgetful(work):
    """A record that kept the values of the inputs that it was made with."""
    result = work()
    return lambda: result


def off_by(factor):
    """A record whose losses are not the step's."""
    return lambda work: lambda: factor * work()


def impossible(_):
    try:
        raise ValueError("operation not permitted when stream is capturing.\nmore")
    finally:
        raise RuntimeError("due to an error before")  # as ending a broken capture does


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (forgetful, "a replay differs from the step itself, by inf of the largest value of "),
        (off_by(1 + 1e-5), "a replay differs from the step itself, by 1e-05 of the largest value "),
        (impossible, "the step cannot be recorded (operation not permitted when stream is capt"),
    ],
)
def test_what_is_not_the_step_is_not_replayed(record, why):
    experiment, eager, draws = given()
    _, other, _ = given()
    said = []
    step = recorded(other, experiment.distill, record, said.append)
    for block in blocks(draws, 5 * (WARM_UP + 3)):
        expected = distill_block(eager, experiment.distill, block)
        assert numbers(step(copy.deepcopy(block))) == numbers(expected)
    assert len(said) == 1
    assert said[0].startswith(why)
    for a, b in zip(eager.state().values(), other.state().values(), strict=True):
        assert torch.equal(a, b)


def test_rounding_is_no_difference_where_it_is_allowed():
    experiment, eager, draws = given()
    _, nets, _ = given()
    step = recorded(nets, experiment.distill, off_by(1 + 1e-5), tolerance=1e-3)
    for block in blocks(draws, 5 * (WARM_UP + 2)):
        expected = numbers(distill_block(eager, experiment.distill, block))
        found = numbers(step(copy.deepcopy(block)))
    assert found == pytest.approx(expected, rel=1e-4)  # the last one is a replay
    assert found != expected


def test_a_difference_is_found_whatever_it_is():
    nan, one = torch.tensor([torch.nan]), torch.tensor([1.0])
    assert difference({"a": one, "b": nan}, {"a": one, "b": nan}, 0.0) == ""
    assert "inf of the largest value of b" in difference(
        {"b": nan, "c": one + 1e-6}, {"b": one, "c": one}, 2e-3
    )
    tiny = torch.tensor([1e-45, 10.0])
    assert "of a" in difference({"a": tiny}, {"a": torch.tensor([0.0, 10.0])}, 0.0)
    # Under a tolerance Adam's steps may go where the rounding of a small gradient sends them.
    weight, moment = "student/weight", "student_optimiser/0.exp_avg"
    assert difference({weight: -one}, {weight: one}, 2e-3) == ""
    assert moment in difference({moment: 1.1 * one}, {moment: one}, 2e-3)


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("chessboard", {}),
        ("mlp-manifold", {}),
        ("mlp-manifold", {"distill.gan": "true"}),
        ("chessboard", {"distill.gan": "true"}),
        ("chessboard", {"distill.regression_weight": "0.1"}),
    ],
)
def test_a_step_writes_nothing_but_its_state_and_what_it_makes(name, overrides):
    """A graph would write to where anything else lay when it was recorded, whatever lies there."""
    experiment, nets, draws = given(name, **overrides)
    *warm_up, last = blocks(draws, 5 * (WARM_UP + 1))
    for block in warm_up:
        distill_block(nets, experiment.distill, block)
    old = [p.grad for net in (nets.student, nets.fake) for p in net.parameters()]  # kept alive
    assert any(gradient is not None for gradient in old)
    with Writes(nets.state().values()) as writes:
        distill_block(nets, experiment.distill, last)
    assert writes.elsewhere == []


class Writes(TorchDispatchMode):
    """Which operations write to tensors that are neither known nor made under it."""

    def __init__(self, known):
        super().__init__()
        self._known = {tensor.untyped_storage().data_ptr() for tensor in known}
        self._alive, self.elsewhere = [], []  # alive: an address is not given to another

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        for value, argument in zip(args, function._schema.arguments, strict=False):
            if argument.alias_info is not None and argument.alias_info.is_write:
                for tensor in value if isinstance(value, list | tuple) else [value]:
                    if tensor.untyped_storage().data_ptr() not in self._known:
                        self.elsewhere.append(str(function))
        out = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self._known.add(tensor.untyped_storage().data_ptr())
                self._alive.append(tensor)
        return out


@pytest.mark.parametrize("words", ["auto", "graphs"])
def test_graphs_that_fail_end_a_run_only_where_they_were_asked_for(words, monkeypatch):
    monkeypatch.setattr("dmdrepro.training.recorded.record_graph", impossible)
    monkeypatch.setattr("dmdrepro.training.recorded.Aside", lambda: lambda call: call())
    experiment, nets, draws = given()
    said = []
    session = Session(engine=Engine.parse(words).on(torch.device("cuda")), say=said.append)
    step = session.prepare(
        lambda block: distill_block(nets, experiment.distill, block), nets.denoisers(), nets.state
    )
    assert str(session.executed) == "graphs"
    *warm_up, last = blocks(draws, 5 * (WARM_UP + 1))
    for block in warm_up:
        step(block)
    if words == "auto":
        step(last)
        assert str(session.executed) == "eager"
        assert said[0].startswith("Note: without CUDA graphs, so slower: the step cannot be")
        session.prepare(lambda block: [], [], dict)  # after one that failed no other is tried
        assert session.execution()["engine"] == "eager"
        assert session.execution()["without_graphs"].startswith("the step cannot be recorded")
    else:
        with pytest.raises(RunError, match="--engine graphs: the step cannot be recorded"):
            step(last)


def test_a_step_that_cannot_be_recorded_is_not_tried():
    said = []
    session = Session(engine=Engine.parse("auto").on(torch.device("cuda")), say=said.append)
    session.prepare(lambda block: [], [], dict, "it is exact")
    assert str(session.executed) == "eager"
    assert said == ["Note: without CUDA graphs, so slower: it is exact."]
    assert session.execution() == {
        "engine": "eager",
        "engine_option": "auto",
        "without_graphs": "it is exact",
    }
    session.prepare(lambda block: [], [], dict)  # the next one is
    assert session.execution() == {"engine": "graphs", "engine_option": "auto"}


def test_a_teacher_step_records_too():
    experiment = build("mlp-manifold", "smoke")
    dataset = build_dataset(experiment.data)
    found = []
    for recording in (False, True):
        denoiser = build_denoiser(experiment).train()
        optimiser = torch.optim.AdamW(denoiser.parameters(), fused=True)

        def step(block, d=denoiser, o=optimiser):
            return teacher_step(d, o, experiment.teacher, block)

        def state(d=denoiser, o=optimiser):
            return pack(model=d.state_dict(), optimiser=optimiser_tensors(o))

        if recording:
            step = Recorded(step, rerun, lambda call: call(), state, pytest.fail)
        losses = [step([draw_inputs(experiment, dataset, k, CPU)])[0]["loss"] for k in range(8)]
        found.append((torch.stack(losses), list(denoiser.parameters())))
    assert torch.equal(found[0][0], found[1][0])
    assert all(torch.equal(a, b) for a, b in zip(found[0][1], found[1][1], strict=True))


def test_every_tensor_of_the_inputs_is_copied():
    """A tensor that was left out would be replayed with its first value for ever."""
    _, _, draws = given(**{"distill.gan": "true"})
    a, b = (list(tensors_of(draws.block(range(first, first + 5)))) for first in (0, 5))
    # z, classes, fake (2), lr, gan_fake (2), real (3); the first has dm (2) and gan_student (2).
    assert len(a) == 5 * 10 + 4
    assert all(x.shape == y.shape for x, y in zip(a, b, strict=True))


def test_tensors_come_from_sequences_and_dataclasses_in_order():
    @dataclass
    class Pair:
        first: object
        second: object

    a, b, c = torch.zeros(1), torch.ones(1), torch.full((1,), 2.0)
    assert list(tensors_of([Pair((a, None), b), (Pair(None, c),)])) == [a, b, c]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chessboard", "mlp-manifold"])
@pytest.mark.parametrize("words", ["compiled", "compiled,channels-last"])
def test_compiled_networks_give_the_plain_loops_losses(name, words):
    experiment, plain, draws = given(name)
    _, nets, _ = given(name)
    step = Engine.parse(words).prepare(
        lambda block: distill_block(nets, experiment.distill, block), nets.denoisers(), nets.state
    )
    _compare(experiment, plain, draws, step, until=10)


def test_what_cannot_be_compiled_is_one_sentence():
    def step(_):
        raise TorchDynamoException("\n no C++ compiler\nmore")

    with pytest.raises(RunError, match=r"could not compile the networks \(no C\+\+ compiler\); "):
        Engine.parse("compiled").prepare(step, [], dict)([])


def test_channels_last_gives_the_plain_loops_losses():
    experiment, plain, draws = given()
    _, nets, _ = given()
    step = Engine.parse("channels-last").prepare(
        lambda block: distill_block(nets, experiment.distill, block), nets.denoisers(), nets.state
    )
    _compare(experiment, plain, draws, step, until=10)


@pytest.mark.parametrize("name", ["chessboard", "mlp-manifold"])
@pytest.mark.parametrize("words", ["graphs", "compiled,graphs", "channels-last,graphs"])
def test_graphs_give_the_plain_loops_losses(name, words, gpu):
    torch.set_float32_matmul_precision("highest")  # two roundings of TF32 part within some steps
    torch.backends.cudnn.allow_tf32 = False
    experiment, plain, draws = given(name, gpu)
    _, nets, _ = given(name, gpu)
    step = Engine.parse(words).prepare(
        lambda block: distill_block(nets, experiment.distill, block), nets.denoisers(), nets.state
    )
    _compare(experiment, plain, draws, step, until=5 * (WARM_UP + 4) + 2)


@pytest.mark.parametrize("name", ["chessboard", "mlp-manifold"])
def test_auto_replays_to_the_bit_on_a_gpu(name, gpu):
    experiment, eager, draws = given(name, gpu)
    _, other, _ = given(name, gpu)
    step = (
        Engine.parse("auto")
        .on(gpu)
        .prepare(
            lambda block: distill_block(other, experiment.distill, block),
            other.denoisers(),
            other.state,
            pytest.fail,
        )
    )
    for block in blocks(draws, 5 * (WARM_UP + 4)):
        assert numbers(step(block)) == numbers(distill_block(eager, experiment.distill, block))
    for a, b in zip(eager.state().values(), other.state().values(), strict=True):
        assert torch.equal(a, b)


def _compare(experiment, plain, draws, step, until):
    found = [losses for block in blocks(draws, until) for losses in step(block)]
    for it in range(until):
        for key, value in plain_iteration(plain, draws, it).items():
            assert found[it][key].item() == pytest.approx(value, rel=2e-3), (it, key)


def test_an_engine_is_named_as_it_is_written():
    assert str(Engine.parse("eager")) == "eager"
    assert Engine.parse("eager") == Engine()
    assert str(Engine.parse("channels-last, compiled")) == "compiled,channels-last"


@pytest.mark.parametrize("words", ["", "fast", "compiled,,graphs", "channels_last"])
def test_an_unknown_engine_is_one_sentence(words):
    with pytest.raises(RunError, match="use auto, eager, or some of compiled, graphs, channels-l"):
        Engine.parse(words)


def test_what_stands_alone_is_not_joined():
    with pytest.raises(RunError, match="--engine eager,compiled: eager stands alone"):
        Engine.parse("eager,compiled")


def test_graphs_need_a_gpu():
    with pytest.raises(RunError, match=r"graphs need a CUDA GPU .* use --engine eager\."):
        Engine.parse("graphs").on(CPU)
    assert str(Engine.parse("compiled,channels-last").on(CPU)) == "compiled,channels-last"


def test_auto_is_graphs_on_a_gpu_and_eager_elsewhere():
    auto = Engine.parse("auto")
    assert str(auto.on(CPU)) == "eager"
    assert str(auto.on(torch.device("cuda"))) == "graphs"
