"""dm_gradient: the formula in float64, any dtype and strides, errors, registration."""

from __future__ import annotations

import pytest
import torch
from kernel_testing import DEVICE, DTYPES, assert_close, random

from kernels import dm_gradient
from kernels.dm_gradient.op import _dm_gradient

SIGMA_DATA = 0.5


def inputs(shape, dtype=torch.float32):
    x, eps, f_real, f_fake = (random(*shape, seed=s) for s in range(4))
    sigma = torch.logspace(-2.5, 1.9, shape[0], device=DEVICE)
    noisy = x + sigma.reshape(-1, *[1] * (len(shape) - 1)) * eps
    return x.to(dtype), noisy.to(dtype), sigma, f_real.to(dtype), f_fake.to(dtype)


def truth(x, noisy, sigma, f_real, f_fake, sigma_data=SIGMA_DATA):
    """D_fake - D_real over mean|x - D_real|, straight from the definition, in float64."""
    x, noisy, f_real, f_fake = (t.double() for t in (x, noisy, f_real, f_fake))
    s = sigma.double().reshape(-1, *[1] * (x.ndim - 1))
    skip = sigma_data**2 / (s**2 + sigma_data**2)
    out = s * sigma_data / (s**2 + sigma_data**2).sqrt()
    d_real, d_fake = skip * noisy + out * f_real, skip * noisy + out * f_fake
    weight = (x - d_real).abs().flatten(1).mean(1).reshape(s.shape)
    grad = (d_fake - d_real) / weight
    return grad, 0.5 * grad.square().flatten(1).mean(1)


@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (5, 1, 7, 9), (2, 3, 32, 32), (2, 1, 33, 33)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_float64_truth(implementation, shape, dtype):
    given = inputs(shape, dtype)
    grad, loss = dm_gradient(*given, SIGMA_DATA)
    expected_grad, expected_loss = truth(*given)
    assert grad.dtype == loss.dtype == torch.float32
    for b in range(shape[0]):  # every sample on its own scale
        tolerance = 1e-5 + cancellation(given[0][b], expected_grad[b], given, b)
        assert_close(grad[b], expected_grad[b], tolerance)
        assert_close(loss[b], expected_loss[b], 2 * tolerance)


def cancellation(x, expected_grad, given, b):
    """x - D_real cancels at small sigma: the weight has an error of some 2^-24 |x|."""
    s = given[2][b].item()
    score = s * SIGMA_DATA / (s**2 + SIGMA_DATA**2) ** 0.5 * (given[4][b] - given[3][b]).double()
    weight = (score.abs().max() / expected_grad.abs().max()).item()
    return 4 * 2**-24 * x.abs().max().item() / weight


def test_any_strides_give_the_same(implementation):
    given = inputs((3, 4, 6, 6))
    grad, loss = dm_gradient(*given, SIGMA_DATA)
    last = [t.contiguous(memory_format=torch.channels_last) if t.ndim == 4 else t for t in given]
    apart = [torch.stack([t, t.flip(0)], -1)[..., 0] for t in given]
    for strided in (last, apart):
        again, loss_again = dm_gradient(*strided, SIGMA_DATA)
        assert torch.equal(again, grad)
        assert torch.equal(loss_again, loss)
        assert again.is_contiguous()


def test_the_same_inputs_give_the_same_bits(implementation):
    given = inputs((4, 1, 40, 40))
    first, second = dm_gradient(*given, SIGMA_DATA), dm_gradient(*given, SIGMA_DATA)
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_samples_do_not_see_each_other(implementation):
    given = inputs((4, 50))
    whole, _ = dm_gradient(*given, SIGMA_DATA)
    alone, _ = dm_gradient(*(t[2:3] for t in given), SIGMA_DATA)
    assert torch.equal(whole[2:3], alone)


def test_equal_scores_give_exactly_zero(implementation):
    x, noisy, sigma, f, _ = inputs((3, 20))
    grad, loss = dm_gradient(x, noisy, sigma, f, f, SIGMA_DATA)
    assert torch.equal(grad, torch.zeros_like(grad))
    assert torch.equal(loss, torch.zeros_like(loss))


def test_a_zero_weight_is_an_error_that_names_the_sample(implementation):
    x, noisy, sigma, f_real, f_fake = inputs((3, 20))
    x[1] = noisy[1] = f_real[1] = 0.0  # then D_real = x, and the weight is zero
    with pytest.raises(ValueError, match="sample 1 has no finite gradient"):
        dm_gradient(x, noisy, sigma, f_real, f_fake, SIGMA_DATA)
    _, loss = dm_gradient(x, noisy, sigma, f_real, f_fake, SIGMA_DATA, check=False)
    assert torch.isfinite(loss).tolist() == [True, False, True]


@pytest.mark.parametrize("place", range(5))
def test_what_is_not_finite_is_an_error(implementation, place):
    given = list(inputs((3, 20)))
    given[place] = given[place].clone()
    given[place][2] = float("nan")
    with pytest.raises(ValueError, match="sample 2"):
        dm_gradient(*given, SIGMA_DATA)


def test_inputs_that_do_not_fit_are_refused():
    x, noisy, sigma, f_real, f_fake = inputs((3, 20))
    with pytest.raises(ValueError, match=r"noisy has shape \(2, 20\)"):
        dm_gradient(x, noisy[:2], sigma, f_real, f_fake, SIGMA_DATA)
    with pytest.raises(ValueError, match="sigma has shape"):
        dm_gradient(x, noisy, sigma[:2], f_real, f_fake, SIGMA_DATA)
    with pytest.raises(ValueError, match=r"f_real is torch\.float64"):
        dm_gradient(x, noisy, sigma, f_real.double(), f_fake, SIGMA_DATA)
    with pytest.raises(ValueError, match="sigma_data is 0"):
        dm_gradient(x, noisy, sigma, f_real, f_fake, 0.0)


def test_opcheck_passes(implementation, monkeypatch):
    monkeypatch.undo()  # opcheck makes tensors of its own
    torch.library.opcheck(_dm_gradient, (*inputs((3, 20)), SIGMA_DATA))
