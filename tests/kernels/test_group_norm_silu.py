"""`kernels.group_norm_silu` against torch's own layers in float64, forward and backward."""

import pytest
import torch
import torch.nn.functional as F
from cases import DEVICE, assert_close, both, moved, randn

from dmdrepro import kernels
from dmdrepro.kernels import group_norm_silu
from dmdrepro.models.adm import adm_denoiser

GROUP_NORM = 3e-6  # float32 arithmetic
EPS = 1e-5
# batch, channels, groups, height, width, samples of scale and shift (0: none), silu
CASES = [
    (1, 4, 1, 1, 1, 0, True),
    (3, 24, 4, 5, 7, 1, True),  # 6 channels a group
    (2, 36, 3, 3, 3, 2, True),  # an odd number of groups
    (2, 10, 5, 9, 29, 2, False),
]
BFLOAT16, ROUNDED = torch.bfloat16, {torch.bfloat16: 2**-7, torch.float16: 2**-10}


def inputs(batch, channels, groups, height, width, modulated, silu, dtype=torch.float32):
    """x, weight, bias and, if there are, scale and shift; all want their gradients."""
    x = (3 + randn(batch, channels, height, width)).to(dtype)
    rest = [randn(channels, seed=1), randn(channels, seed=2)]
    rest += [randn(modulated, channels, seed=seed) for seed in (3, 4) if modulated]
    return [t.requires_grad_() for t in (x, *rest)]


def found(given, groups, silu, dy):
    y = group_norm_silu(*given[:3], groups, EPS, *given[3:], silu=silu)
    return [y, *torch.autograd.grad(y, given, dy)]


def truth(given, groups, silu, dy):
    x, weight, bias, *both = given = [t.detach().double().requires_grad_() for t in given]
    y = F.group_norm(x, groups, weight, bias, EPS)
    if both:
        y = y * (both[0][:, :, None, None] + 1) + both[1][:, :, None, None]
    y = F.silu(y) if silu else y
    return [y, *torch.autograd.grad(y, given, dy.double())]


def assert_right(got, expected, dtype):
    for place, (a, b) in enumerate(zip(got, expected, strict=True)):
        rounded = ROUNDED.get(dtype, 0.0) if place < 2 else 0.0  # y and dx are of x's type
        assert_close(a.detach(), b.detach(), GROUP_NORM + rounded, to_largest=True)


@both
@pytest.mark.parametrize("case", CASES, ids=str)
def test_result_and_gradients_are_those_of_float64(backend, case):
    groups, silu = case[2], case[-1]
    for dtype in (torch.float32, torch.bfloat16, torch.float16)[: 3 if case is CASES[1] else 1]:
        given = inputs(*case, dtype=dtype)
        dy = randn(*given[0].shape, seed=5, dtype=dtype)
        got = found(given, groups, silu, dy)
        assert got[0].dtype == got[1].dtype == dtype
        assert got[0].is_contiguous(memory_format=torch.channels_last)
        assert_right(got, truth(given, groups, silu, dy), dtype)


@both
def test_any_strides_give_the_same_numbers_and_the_same_strides_the_same_bits(backend):
    given = inputs(3, 8, 2, 6, 5, 3, True)
    x, weight, bias, scale, shift = (t.detach() for t in given)
    wide = torch.stack([x, x + 1], dim=2).flatten(1, 2)[:, ::2]  # every other channel
    layouts = [
        x.to(memory_format=torch.channels_last),
        x.transpose(2, 3).contiguous().transpose(2, 3),
        wide,
    ]
    dy = randn(*x.shape, seed=5)
    expected = found(given, 2, True, dy)
    for other, grad in zip(layouts, (dy.transpose(0, 1).contiguous().transpose(0, 1), dy, dy),
                           strict=True):  # fmt: skip
        rest = (weight, bias, scale.repeat(1, 2)[:, :8], shift)
        given = [t.requires_grad_() for t in (other, *rest)]
        got, again = (found(given, 2, True, grad) for _ in range(2))
        assert all(torch.equal(a, b) for a, b in zip(got, again, strict=True))
        for a, b in zip(got, expected, strict=True):
            assert_close(a.detach(), b.detach(), GROUP_NORM, to_largest=True)


@both
def test_a_large_mean_costs_no_digits(backend):
    """The mean is taken away before squares are summed; float32 of 1,000 has 6e-5 left."""
    given = inputs(2, 8, 2, 7, 5, 0, False)
    x = (given[0].detach() + 1000).requires_grad_()
    dy = randn(*x.shape, seed=5)
    got = found([x, *given[1:]], 2, False, dy)
    assert_close(
        got[0].detach(), truth([x, *given[1:]], 2, False, dy)[0].detach(), 2e-4, to_largest=True
    )


def test_the_gradients_are_the_derivatives_in_float64():
    case = (2, 6, 3, 2, 3, 2, True)
    given = [t.detach().double().requires_grad_() for t in inputs(*case)]
    shared = [t.detach()[:1].clone().requires_grad_() for t in given[3:]]
    for both_ in (given[3:], shared, []):
        arguments = (*given[:3], *both_)

        def call(x, weight, bias, *both):
            return group_norm_silu(x, weight, bias, 3, EPS, *both)

        assert torch.autograd.gradcheck(call, arguments)


@both
def test_the_unet_uses_it_and_keeps_its_weights_names(backend, monkeypatch):
    """Against the network without it, in float32: the gradients of every weight."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    torch.manual_seed(0)
    denoiser = adm_denoiser(4, 1, 3, 64, (1,), 1, (4,)).to(DEVICE)
    for parameter in denoiser.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    x, sigma = randn(1, 1, 4, 4), torch.tensor([0.5], device=DEVICE)
    classes = torch.eye(3, device=DEVICE)[[2]]
    names, results = list(denoiser.state_dict()), []
    for chosen in ("reference", backend):
        with kernels.use(chosen):
            y = denoiser(x, sigma, classes)
            results.append([y, *torch.autograd.grad(y.square().sum(), [*denoiser.parameters()])])
    for a, b in zip(*results, strict=True):
        assert_close(b.detach(), a.detach(), 1e-4, to_largest=True)
    assert list(denoiser.state_dict()) == names


@both
def test_compiles_without_a_graph_break(backend):
    given = inputs(2, 8, 2, 3, 3, 2, True)

    @torch.compile(backend="aot_eager", fullgraph=True)
    def doubled(*given):
        return 2 * group_norm_silu(*given[:3], 2, EPS, *given[3:])

    dy = randn(*given[0].shape, seed=5)
    y = doubled(*given)
    got = [y / 2, *torch.autograd.grad(y, given, dy / 2)]
    assert_right(got, truth(given, 2, True, dy), torch.float32)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": torch.zeros(2, 8, 3)}, "x has shape"),
        ({"weight": torch.zeros(7)}, "weight"),
        ({"groups": 3}, "8 channels do not make 3 groups"),
        ({"scale": torch.zeros(2, 8)}, "scale and shift have shapes"),
        ({"scale": torch.zeros(3, 8), "shift": torch.zeros(3, 8)}, "scale and shift have shapes"),
        ({"x": torch.zeros(2, 8, 3, 3, dtype=torch.int64)}, "x is torch.int64"),
        ({"bias": torch.zeros(8, device="meta")}, "bias is on meta"),
    ],
)
def test_wrong_arguments_are_named(change, words):
    right = {"x": randn(2, 8, 3, 3), "weight": randn(8), "bias": randn(8), "groups": 2}
    with pytest.raises(ValueError, match=words):
        group_norm_silu(**{**right, **moved(change)})
