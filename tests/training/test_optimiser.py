"""A step from given gradients is torch's own fused AdamW, and clipping is torch's own."""

import pytest
import torch

from dmdrepro.experiments.config import Distill
from dmdrepro.runs.checkpoint import optimiser_tensors, restore_optimiser
from dmdrepro.training.optimiser import AdamW, clipped_gradients

CPU = torch.device("cpu")
SETTINGS = Distill()


def network(memory_format=torch.contiguous_format):
    torch.manual_seed(0)
    layers = torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(4, 2, 3), torch.nn.Conv2d(2, 2, 1)
    return torch.nn.ModuleList(layers).to(memory_format=memory_format)


def loss_of(net, seed):
    """Of the first two layers; the third gets no gradient."""
    x = torch.randn(5, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return net[1](torch.relu(net[0](x))).square().mean() * 50


def step(net, optimiser, k, change=lambda gradients: gradients):
    gradients, _ = clipped_gradients([loss_of(net, k)], list(net.parameters()), 1.0)
    optimiser.update(change(gradients), torch.tensor(1e-2))


@pytest.mark.parametrize("most", [1e9, 0.3])
def test_updates_are_those_of_torchs_clip_and_fused_adamw(most):
    ours, theirs = network(), network()
    optimiser = AdamW(ours.parameters(), SETTINGS, CPU)
    usual = torch.optim.AdamW(
        theirs.parameters(),
        betas=(SETTINGS.beta1, SETTINGS.beta2),
        weight_decay=SETTINGS.weight_decay,
        fused=True,
    )
    for k in range(4):
        lr = torch.tensor(1e-2 * (k + 1))
        gradients, norm = clipped_gradients([loss_of(ours, k)], list(ours.parameters()), most)
        assert gradients[-1] is None
        optimiser.update(gradients, lr)
        usual.zero_grad()
        loss_of(theirs, k).backward()
        assert torch.equal(norm, torch.nn.utils.clip_grad_norm_(theirs.parameters(), most))
        usual.param_groups[0]["lr"] = lr
        usual.step()
        found, expected = optimiser_tensors(optimiser), optimiser_tensors(usual)
        assert list(found) == list(expected)  # a saved state of either is one of the other
        assert all(torch.equal(found[name], expected[name]) for name in found)
    for layer, same, start in zip(ours, theirs, network(), strict=True):
        assert torch.equal(layer.weight, same.weight)
        assert torch.equal(layer.bias, same.bias)
        assert torch.equal(layer.weight, start.weight) == (layer is ours[2])


def test_a_norm_below_the_most_is_left_alone():
    net = network()
    parameters = list(net.parameters())
    raw = torch.autograd.grad(loss_of(net, 0), parameters, allow_unused=True)
    norm = torch.cat([g.flatten() for g in raw if g is not None]).norm()
    (gradients, _), (halved, said) = (
        clipped_gradients([loss_of(net, 0)], parameters, most) for most in (2 * norm, norm / 2)
    )
    for plain, left, half in zip(raw, gradients, halved, strict=True):
        if plain is not None:
            assert torch.equal(left, plain)
            torch.testing.assert_close(half, plain / 2, rtol=1e-5, atol=0)
    torch.testing.assert_close(said, norm)


def test_gradients_and_moments_lie_as_the_parameters_do():
    """Fused kernels walk them side by side: another layout would update the wrong weights."""
    net, plain = network(torch.channels_last), network()
    optimisers = [AdamW(n.parameters(), SETTINGS, CPU) for n in (net, plain)]
    for k in range(3):
        for n, optimiser in zip((net, plain), optimisers, strict=True):
            step(n, optimiser, k, lambda found: [g if g is None else g.contiguous() for g in found])
        for parameter, state in optimisers[0].state.items():
            assert state["exp_avg"].stride() == parameter.stride()
    for a, b in zip(net.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_a_restored_state_goes_on_to_the_same_bits():
    nets = network(), network()
    first, second = (AdamW(n.parameters(), SETTINGS, CPU) for n in nets)
    for k in range(3):
        step(nets[0], first, k)
    nets[1].load_state_dict(nets[0].state_dict())
    restore_optimiser(second, {k: v.clone() for k, v in optimiser_tensors(first).items()})
    for k in range(3, 6):
        step(nets[0], first, k)
        step(nets[1], second, k)
    for a, b in zip(*(n.parameters() for n in nets), strict=True):
        assert torch.equal(a, b)
