"""A recorded step is used only where it does what the step does, and replays use the new inputs."""

import copy
from dataclasses import dataclass

import pytest
import torch
from operations import Watched
from steps import blocks, given, impossible, numbers, record_by, rerun, same_state, teacher_step
from torch.utils._pytree import tree_leaves

from dmdrepro.training.recorded import WARM_UP, Recorded, difference, tensors_of
from dmdrepro.training.step import state_of


@pytest.mark.parametrize("gan", ["false", "true"])
def test_a_recorded_step_gives_the_same_bits(gan, monkeypatch):
    record_by(rerun, monkeypatch)
    _, plain, draws = given(**{"distill.gan": gan})
    _, other, _ = given(**{"distill.gan": gan})
    step = Recorded(other, other.parts, pytest.fail)
    until = 5 * (WARM_UP + 4) + 2  # the last block is short
    for block in blocks(draws, until):
        expected = plain(block)
        found = step(copy.deepcopy(block))
        assert [list(losses) for losses in found] == [list(losses) for losses in expected]
        for a, b in zip(expected, found, strict=True):
            assert all(torch.equal(a[name], b[name]) for name in a)
    assert same_state(plain, other)


def test_losses_of_a_replay_outlive_the_next_one(monkeypatch):
    record_by(rerun, monkeypatch)
    _, nets, draws = given()
    step = Recorded(nets, nets.parts, pytest.fail)
    kept, at_once = [], []
    for block in blocks(draws, 5 * (WARM_UP + 3)):
        kept.append(step(block))
        at_once.append(numbers(kept[-1]))
    assert [numbers(found) for found in kept] == at_once
    assert at_once[-2] != at_once[-1]


def forgetful(work):
    """A record that kept the values of the inputs that it was made with."""
    result = work()
    return lambda: result


def off(work):
    """A record whose losses are not the step's."""
    return lambda: (1 + 1e-5) * work()


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (forgetful, "a replay differs from the step itself, by inf of the largest value of "),
        (off, "a replay differs from the step itself, by 1e-05 of the largest value "),
        (impossible, "the step cannot be recorded (operation not permitted when stream is capt"),
    ],
)
def test_what_is_not_the_step_is_not_replayed(record, why, monkeypatch):
    record_by(record, monkeypatch)
    _, plain, draws = given()
    _, other, _ = given()
    said = []
    step = Recorded(other, other.parts, lambda why, broken: said.append(why))
    for block in blocks(draws, 5 * (WARM_UP + 3)):
        expected = plain(block)
        assert numbers(step(copy.deepcopy(block))) == numbers(expected)
    assert len(said) == 1
    assert said[0].startswith(why)
    assert same_state(plain, other)


def test_rounding_is_no_difference_where_it_is_allowed(monkeypatch):
    record_by(off, monkeypatch)
    _, plain, draws = given()
    _, nets, _ = given()
    step = Recorded(nets, nets.parts, pytest.fail, 1e-3)
    for block in blocks(draws, 5 * (WARM_UP + 2)):
        expected = numbers(plain(block))
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
    _, nets, draws = given(name, **overrides)
    *warm_up, last = blocks(draws, 5 * (WARM_UP + 1))
    for block in warm_up:
        nets(block)
    known = {tensor.untyped_storage().data_ptr() for tensor in state_of(nets.parts).values()}
    alive, elsewhere = [], []  # alive: an address is not given to another

    def look(function, arguments, result):
        for value, argument in zip(arguments, function._schema.arguments, strict=False):
            if argument.alias_info is not None and argument.alias_info.is_write:
                written = value if isinstance(value, list | tuple) else [value]
                places = {tensor.untyped_storage().data_ptr() for tensor in written}
                elsewhere.extend([str(function)] * bool(places - known))
        made = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
        known.update(tensor.untyped_storage().data_ptr() for tensor in made)
        alive.extend(made)

    with Watched(look):
        nets(last)
    assert elsewhere == []
    assert all(p.grad is None for net in (nets.student, nets.fake) for p in net.parameters())


def test_a_teacher_step_records_too(monkeypatch):
    record_by(rerun, monkeypatch)
    (plain, inputs), (other, _) = teacher_step("mlp-manifold"), teacher_step("mlp-manifold")
    step = Recorded(other, other.parts, pytest.fail)
    assert [numbers(step(block)) for block in inputs] == [numbers(plain(block)) for block in inputs]
    assert same_state(plain, other)


def test_every_tensor_of_the_inputs_is_copied():
    """A tensor that was left out would be replayed with its first value for ever."""
    _, _, draws = given(**{"distill.gan": "true"})
    a, b = (list(tensors_of(draws.block(range(first, first + 5)))) for first in (0, 5))
    # z, classes, fake (2), lr, gan_fake (2), real (4); the first has dm (2) and gan_student (2).
    assert len(a) == 5 * 11 + 4
    assert all(x.shape == y.shape for x, y in zip(a, b, strict=True))


def test_tensors_come_from_sequences_and_dataclasses_in_order():
    @dataclass
    class Pair:
        first: object
        second: object

    a, b, c = torch.zeros(1), torch.ones(1), torch.full((1,), 2.0)
    assert list(tensors_of([Pair((a, None), b), (Pair(None, c),)])) == [a, b, c]
