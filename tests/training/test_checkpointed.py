"""Activations that are computed again in the backward pass change no bit, and are not kept."""

from functools import partial

import pytest
import torch
from steps import given, numbers, same_state, student_step, teacher_step

from dmdrepro.models.adm import adm_denoiser
from dmdrepro.models.song import song_denoiser
from dmdrepro.runs.errors import RunError
from dmdrepro.training.engine import Engine


@pytest.mark.parametrize(
    "made",
    [
        student_step,
        partial(student_step, **{"distill.gan": "true", "distill.regression_weight": "0.1"}),
        partial(student_step, precision="bfloat16"),
        partial(teacher_step, "mlp-manifold"),
    ],
    ids=("student", "all losses", "bfloat16", "teacher"),
)
def test_losses_and_what_is_trained_keep_their_bits(made):
    steps, losses = [], []
    for engine in ("eager", "checkpointed"):
        step, inputs = made()
        run = Engine.parse(engine).prepare(step)
        losses.append([numbers(run(block)) for block in inputs])
        steps.append(step)
    assert losses[0] == losses[1]
    assert same_state(*steps)


@pytest.mark.parametrize("made", [adm_denoiser, song_denoiser])
def test_less_is_kept_for_the_backward_pass(made):
    denoiser, kept, gradients = made(16, 1, 0, 32, (1, 2), 2, (8,)), [], []
    x, parameters = torch.randn(4, 1, 16, 16), list(denoiser.parameters())
    for parameter in parameters:
        torch.nn.init.normal_(parameter, std=0.1)
    for denoiser.model.checkpointed in (False, True):
        held = {}  # storage -> bytes: of one that is saved twice once

        def hold(tensor, held=held):
            held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
            loss = denoiser(x, 1.0).square().mean()
        kept.append(sum(held.values()))
        gradients.append(torch.autograd.grad(loss, parameters))
    weights = sum(p.numel() * p.element_size() for p in parameters)
    assert kept[1] - weights < (kept[0] - weights) / 3
    assert all(map(torch.equal, *gradients))


def test_a_network_without_blocks_is_refused():
    with pytest.raises(RunError, match="leave out checkpointed"):
        Engine.parse("checkpointed").prepare(given("chessboard")[1])
