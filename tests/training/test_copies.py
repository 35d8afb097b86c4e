"""Copies of the weights change no bit under autocast, and spare a rounding for each weight."""

from __future__ import annotations

import contextlib
import copy

import pytest
import torch
from steps import blocks, given, numbers, teacher_step
from torch.utils._python_dispatch import TorchDispatchMode

from dmdrepro.experiments import build
from dmdrepro.models.adm import adm_denoiser
from dmdrepro.models.song import song_denoiser
from dmdrepro.training import student, teacher
from dmdrepro.training.copies import as_float32, copied, used_weights
from dmdrepro.training.ema import ema_decay, update_ema
from dmdrepro.training.step import state_of


class Roundings(TorchDispatchMode):
    """Counts conversions to another type, one by one and many at once."""

    def __init__(self):
        super().__init__()
        self.alone = self.together = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.name()
        self.alone += name == "aten::_to_copy"
        self.together += name == "aten::_foreach_copy_"
        return function(*args, **(kwargs or {}))


def taken(step, inputs):
    """Losses of each block, the state after all, and the conversions made."""
    with Roundings() as counted:
        losses = [numbers(step(block)) for block in inputs]
    return losses, state_of(step.parts), counted


@pytest.mark.parametrize(
    "settings", [{}, {"distill.gan": "true"}, {"distill.regression_weight": "0.1"}], ids=str
)
def test_a_distillation_keeps_its_bits_and_rounds_weights_at_once(settings, monkeypatch):
    found = []
    for with_copies in (True, False):
        _, step, draws = given("chessboard", precision="bfloat16", **settings)
        if not with_copies:
            step._copied = []
            monkeypatch.setattr(student, "copy_weights", lambda denoiser: None)
        found.append(taken(step, list(blocks(draws, 12))))
    (losses, state, ours), (expected, expected_state, plain) = found
    assert losses == expected
    assert all(torch.equal(state[key], value) for key, value in expected_state.items())
    assert plain.alone - ours.alone > 40
    assert ours.together > plain.together


@pytest.mark.parametrize(
    "made",
    [
        lambda: adm_denoiser(4, 1, 3, 64, (1,), 1, (4,)),
        lambda: song_denoiser(4, 1, 3, 8, (1, 1), 1, (4,), encoder="residual"),
    ],
    ids=("adm", "song"),
)
def test_a_unet_with_attention_keeps_its_bits(made):
    """Weights that are reordered or resampled before they are used too."""
    torch.manual_seed(0)
    denoiser = made()
    denoiser.compute_dtype = torch.bfloat16
    for parameter in denoiser.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    x, classes, found = torch.randn(1, 1, 4, 4), torch.eye(3)[:1], []
    for denoisers in ([], [denoiser]):
        with copied(denoisers), Roundings() as counted:
            y = denoiser(x, 0.5, classes)
            gradients = torch.autograd.grad(y.square().sum(), used_weights(denoiser))
        found.append(([y, *as_float32(gradients)], counted.alone))
    (plain, many), (ours, few) = found
    assert all(torch.equal(a, b) for a, b in zip(plain, ours, strict=True))
    layers = denoiser.rounded_layers().values()
    weights = sum(len(list(layer.parameters())) for layer in layers)
    assert many - few == 2 * weights  # there and back


def test_a_teacher_keeps_its_bits(monkeypatch):
    experiment = build("chessboard", "smoke", overrides={"precision": "bfloat16"})
    monkeypatch.setattr("steps.build", lambda *a, **k: experiment)
    found = []
    for with_copies in (True, False):
        step, inputs = teacher_step("chessboard")
        if not with_copies:
            monkeypatch.setattr(teacher, "copied", lambda denoisers: contextlib.nullcontext())
        found.append(taken(step, inputs))
    (losses, state, ours), (expected, expected_state, plain) = found
    assert losses == expected
    assert all(torch.equal(state[key], value) for key, value in expected_state.items())
    assert ours.alone < plain.alone


def test_nothing_is_copied_in_float32_nor_left_after_a_step():
    for precision, there in (("float32", False), ("bfloat16", True)):
        _, step, draws = given("chessboard", precision=precision)
        seen = []
        monkey = step.student_gradients
        step.student_gradients = lambda *a, m=monkey, s=step, k=seen: (
            k.append(bool(s.student.copies)) or m(*a)
        )
        step(next(iter(blocks(draws, 5))))
        assert seen == [there]
        assert not step.student.copies
        assert not step.fake.copies


@pytest.mark.parametrize("step", [1, 7, 5000])
def test_the_average_is_the_one_of_a_decay_in_float64(step):
    """As it was when the decay was a number of Python's: to the bit."""
    torch.manual_seed(0)
    model, average = (torch.nn.Linear(37, 5) for _ in range(2))
    expected, decay = copy.deepcopy(average), ema_decay(step, 0.05)
    with torch.no_grad():
        torch._foreach_lerp_([*expected.parameters()], [*model.parameters()], 1.0 - decay)
    update_ema(average, model, torch.full((), 1 - decay))
    assert all(
        torch.equal(a, b) for a, b in zip(average.parameters(), expected.parameters(), strict=True)
    )
