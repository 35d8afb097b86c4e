"""`kernels.dm_gradient` against float64 truth, the public DMD2 loss, and its own identities."""

import numpy as np
import pytest
import torch
from cases import DEVICE, assert_close, both, dtypes, moved, randn

from dmdrepro.kernels import dm_gradient

DM_GRADIENT = 1e-5  # float32 arithmetic, sums of up to thousands of terms
# The public code subtracts two float32 denoisers: at its smallest sigma here, 0.0079, that loses
# |D| / (c_out |F_fake - F_real|), some hundreds of float32 roundings. Ours does not cancel.
PUBLIC_DM_GRADIENT = 3e-5
SIGMA_DATA = 0.5
SHAPES = [(1, 1), (3, 7), (2, 1, 5, 9), (5, 1025), (2, 3, 33, 37)]


def inputs(*shape, dtype=torch.float32):
    x, eps, f_real, f_fake = (randn(*shape, seed=i, dtype=dtype) for i in range(4))
    sigma = (1.2 * randn(shape[0], seed=4)).exp()
    noisy = (x.float() + sigma.reshape(-1, *[1] * (len(shape) - 1)) * eps.float()).to(dtype)
    return [x, noisy, sigma, f_real, f_fake]


def truth(x, noisy, sigma, f_real, f_fake):
    """DMD2's formula in float64, with both denoisers written out (EDM, table 1)."""
    x, noisy, sigma, f_real, f_fake = (t.double() for t in (x, noisy, sigma, f_real, f_fake))
    s = sigma.reshape(-1, *[1] * (x.ndim - 1))
    c_skip = SIGMA_DATA**2 / (s**2 + SIGMA_DATA**2)
    c_out = s * SIGMA_DATA / (s**2 + SIGMA_DATA**2) ** 0.5
    d_real, d_fake = c_skip * noisy + c_out * f_real, c_skip * noisy + c_out * f_fake
    weight = (x - d_real).abs().flatten(1).mean(1).reshape(s.shape)
    grad = (d_fake - d_real) / weight
    return grad, 0.5 * grad.square().flatten(1).mean(1)


def assert_right(got, args):
    grad, loss = truth(*args)
    assert got[0].dtype == got[1].dtype == torch.float32
    assert got[0].is_contiguous()
    assert_close(got[0], grad, DM_GRADIENT)
    assert_close(got[1], loss, DM_GRADIENT)


@both
@dtypes
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradient_and_loss_are_the_float64_formula(backend, dtype, shape):
    args = inputs(*shape, dtype=dtype)
    if shape == (1, 1):
        args[0] += 4  # the weight is one |x - D_real|, which would lose two digits here
    assert_right(dm_gradient(*args, SIGMA_DATA), args)


@both
def test_any_strides_and_mixed_precision_give_the_same(backend):
    x, noisy, sigma, f_real, f_fake = inputs(3, 2, 5, 8)
    strided = [
        x.to(memory_format=torch.channels_last),
        noisy.transpose(2, 3).contiguous().transpose(2, 3),
        sigma.repeat_interleave(2)[::2],
        f_real.repeat(1, 1, 1, 2)[..., :8].bfloat16(),
        f_fake.flip(0).contiguous().flip(0)[:1].expand(3, 2, 5, 8),
    ]
    assert_right(dm_gradient(*strided, SIGMA_DATA), strided)


@both
def test_levels_of_the_whole_schedule(backend):
    args = inputs(9, 33)
    args[2] = torch.logspace(np.log10(0.002), np.log10(80), 9, device=DEVICE)
    assert_right(dm_gradient(*args, SIGMA_DATA), args)


@both
def test_equals_the_public_dmd2_loss(backend, oracles):
    z = {k: torch.from_numpy(v) for k, v in np.load(oracles / "dmd2_losses.npz").items()}
    sigma = z["karras_sigmas"][z["dm_timestep"]]
    noisy = z["x"] + sigma.reshape(-1, 1, 1, 1) * z["noise"]
    args = [t.to(DEVICE) for t in (z["x"], noisy, sigma, z["F_real"], z["F_fake"])]
    grad, loss = dm_gradient(*args, float(z["sigma_data"]))
    assert_right((grad, loss), args)
    assert_close(grad, z["dm_grad"], PUBLIC_DM_GRADIENT, to_largest=True)
    assert_close(grad / grad.numel(), z["dx"], PUBLIC_DM_GRADIENT, to_largest=True)
    assert_close(loss.mean(), z["dm_loss"], DM_GRADIENT)


@both
def test_equal_scores_give_an_exact_zero(backend):
    x, noisy, sigma, f_real, _ = inputs(3, 70)
    grad, loss = dm_gradient(x, noisy, sigma, f_real, f_real.clone(), SIGMA_DATA)
    assert not grad.any()
    assert not loss.any()


@both
def test_a_sample_does_not_depend_on_its_batch_nor_on_the_run(backend):
    args = inputs(4, 1500)
    grad, loss = dm_gradient(*args, SIGMA_DATA)
    again = dm_gradient(*args, SIGMA_DATA)
    alone = dm_gradient(*(t[2:3] for t in args), SIGMA_DATA)
    assert torch.equal(grad, again[0])
    assert torch.equal(loss, again[1])
    assert torch.equal(grad[2:3], alone[0])


@both
@pytest.mark.parametrize("broken", ["weight", "x", "noisy", "f_real", "f_fake"])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_sample_without_gradient_is_named(backend, broken, value):
    args = inputs(4, 50)
    if broken == "weight":  # noisy = x and F = (1 - c_skip) x / c_out would do; all zeros is exact
        for t in (args[0], args[1], args[3]):
            t[2] = 0.0
    else:
        args[["x", "noisy", "sigma", "f_real", "f_fake"].index(broken)][2, 7] = value
    with pytest.raises(ValueError, match="sample 2 has no finite gradient"):
        dm_gradient(*args, SIGMA_DATA)
    grad, loss = dm_gradient(*args, SIGMA_DATA, check=False)
    assert torch.isfinite(loss).tolist() == [True, True, False, True]
    others = [0, 1, 3]
    assert_close(grad[others], truth(*(t[others] for t in args))[0], DM_GRADIENT)


@both
def test_compiles_without_a_graph_break(backend):
    args = inputs(3, 11)

    @torch.compile(backend="aot_eager", fullgraph=True)
    def doubled(*args):
        grad, loss = dm_gradient(*args, SIGMA_DATA, check=False)
        return 2 * grad, loss

    grad, loss = doubled(*args)
    assert_right((grad / 2, loss), args)


def test_no_gradient_flows_through():
    args = [t.requires_grad_() for t in inputs(2, 6)]
    grad, loss = dm_gradient(*args, SIGMA_DATA)
    assert not grad.requires_grad
    assert not loss.requires_grad


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"noisy": torch.zeros(3, 5)}, "noisy has shape"),
        ({"sigma": torch.ones(3, 1)}, "sigma has shape"),
        ({"sigma": torch.ones(3, dtype=torch.int64)}, "sigma is torch.int64"),
        ({"f_fake": torch.zeros(3, 4, dtype=torch.float64)}, "f_fake is torch.float64"),
        ({"f_real": torch.zeros(3, 4, device="meta")}, "f_real is on meta"),
        ({"sigma_data": 0.0}, "sigma_data is 0.0"),
        ({name: torch.zeros(3) for name in ("x", "noisy", "f_real", "f_fake")}, "x has shape"),
    ],
)
def test_wrong_arguments_are_named(change, words):
    args = dict(zip(("x", "noisy", "sigma", "f_real", "f_fake"), inputs(3, 4), strict=True))
    with pytest.raises(ValueError, match=words):
        dm_gradient(**{**args, "sigma_data": SIGMA_DATA, **moved(change)})
