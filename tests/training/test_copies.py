"""Copies of the weights change no bit under autocast, and spare a rounding for each weight."""

import contextlib
import copy
from collections import Counter
from functools import partial

import pytest
import torch
from operations import Watched
from steps import blocks, given, numbers, same_state, student_step, teacher_step

from dmdrepro.models.adm import adm_denoiser
from dmdrepro.models.song import song_denoiser
from dmdrepro.training import student, teacher
from dmdrepro.training.average import ema_decay, update_ema
from dmdrepro.training.copies import as_float32, copied, used_weights

ALONE, TOGETHER = "aten::_to_copy", "aten::_foreach_copy_"  # conversions to another type


def counting(names: Counter) -> Watched:
    return Watched(lambda function, *_: names.update([function.name()]))


chessboard = partial(student_step, "chessboard", precision="bfloat16")


@pytest.mark.parametrize(
    ("made", "fewer"),
    [
        (chessboard, 40),
        (partial(chessboard, **{"distill.gan": "true"}), 40),
        (partial(chessboard, **{"distill.regression_weight": "0.1"}), 40),
        (partial(teacher_step, "chessboard", precision="bfloat16"), 0),
    ],
    ids=("student", "gan", "regression", "teacher"),
)
def test_training_keeps_its_bits_and_rounds_weights_at_once(made, fewer, monkeypatch):
    steps, losses, counted = [], [], []
    for with_copies in (True, False):
        step, inputs = made()
        if not with_copies:
            monkeypatch.setattr(student, "copy_weights", lambda denoiser: None)
            for loop in (student, teacher):
                monkeypatch.setattr(loop, "copied", lambda denoisers: contextlib.nullcontext())
        with counting(count := Counter()):
            losses.append([numbers(step(block)) for block in inputs])
        steps.append(step)
        counted.append(count)
    assert losses[0] == losses[1]
    assert same_state(*steps)
    ours, plain = counted
    assert plain[ALONE] - ours[ALONE] > fewer
    assert ours[TOGETHER] > plain[TOGETHER]


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
        with copied(denoisers), counting(counted := Counter()):
            y = denoiser(x, 0.5, classes)
            gradients = torch.autograd.grad(y.square().sum(), used_weights(denoiser))
        found.append(([y, *as_float32(gradients)], counted[ALONE]))
    (plain, many), (ours, few) = found
    assert all(torch.equal(a, b) for a, b in zip(plain, ours, strict=True))
    layers = denoiser.rounded_layers().values()
    weights = sum(len(list(layer.parameters())) for layer in layers)
    assert many - few == 2 * weights  # there and back


def test_nothing_is_copied_in_float32_nor_left_after_a_step():
    for precision, there in (("float32", False), ("bfloat16", True)):
        _, step, draws = given("chessboard", precision=precision)
        seen, plain = [], step.student_gradients

        def spy(*inputs, step=step, seen=seen, plain=plain):
            seen.append(bool(step.student.copies))
            return plain(*inputs)

        step.student_gradients = spy
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
    assert all(map(torch.equal, average.parameters(), expected.parameters()))
