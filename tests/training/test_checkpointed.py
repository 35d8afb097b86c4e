"""Activations that are computed again in the backward pass change no bit, and are not kept."""

from __future__ import annotations

import pytest
import torch
from steps import blocks, given, numbers, teacher_step

from dmdrepro.models.adm import adm_denoiser
from dmdrepro.runs.errors import RunError
from dmdrepro.training.engine import Engine
from dmdrepro.training.step import state_of


def taken(step, inputs, engine: str):
    run = Engine.parse(engine).prepare(step)
    return [numbers(run(block)) for block in inputs], state_of(step.parts)


@pytest.mark.parametrize(
    "settings",
    [{}, {"distill.gan": "true", "distill.regression_weight": "0.1"}, {"precision": "bfloat16"}],
    ids=str,
)
def test_losses_and_what_is_trained_keep_their_bits(settings):
    found = []
    for engine in ("eager", "checkpointed"):
        _, step, draws = given(**settings)
        found.append(taken(step, list(blocks(draws, 10)), engine))
    (expected, state), (losses, again) = found
    assert losses == expected
    assert all(torch.equal(again[name], value) for name, value in state.items())


def test_a_teacher_keeps_its_bits():
    (expected, state), (losses, again) = [
        taken(*teacher_step("mlp-manifold"), engine) for engine in ("eager", "checkpointed")
    ]
    assert losses == expected
    assert all(torch.equal(again[name], value) for name, value in state.items())


def test_less_is_kept_for_the_backward_pass():
    denoiser, kept = adm_denoiser(16, 1, 0, 32, (1, 2), 2, (8,)), {}
    x = torch.randn(4, 1, 16, 16)
    for denoiser.model.checkpointed in (False, True):
        held = {}  # storage -> bytes: of one that is saved twice once

        def hold(tensor, held=held):
            held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
            loss = denoiser(x, 1.0).square().mean()
        kept[denoiser.model.checkpointed] = sum(held.values())
        loss.backward()
    weights = sum(p.numel() * p.element_size() for p in denoiser.parameters())
    assert kept[True] - weights < (kept[False] - weights) / 3


def test_a_network_without_blocks_is_refused():
    with pytest.raises(RunError, match="leave out checkpointed"):
        Engine.parse("checkpointed").prepare(given("chessboard")[1])
