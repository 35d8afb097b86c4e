"""`kernels.pairwise_sqdist` against direct float64 differences."""

import pytest
import torch
from cases import assert_close, both, dtypes, randn

from dmdrepro.kernels import pairwise_sqdist

PAIRWISE_SQDIST = 1e-10  # float64
SHAPES = [(1, 1, 1, 1), (1, 3, 5, 2), (3, 33, 65, 7), (1, 70, 31, 130), (2, 1, 129, 3)]


def truth(x, y):
    return (x.double()[..., :, None, :] - y.double()[..., None, :, :]).square().sum(-1)


@both
@dtypes
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_entry_is_the_float64_distance(backend, dtype, shape):
    b, n, m, d = shape
    x, y = randn(b, n, d, dtype=dtype), randn(b, m, d, seed=1, dtype=dtype)
    got = pairwise_sqdist(x, y)
    alone = pairwise_sqdist(x[-1], y[-1])
    assert got.dtype == torch.float64
    assert_close(got, truth(x, y), PAIRWISE_SQDIST)
    assert_close(alone, truth(x[-1], y[-1]), PAIRWISE_SQDIST)


@both
@pytest.mark.parametrize(("noise", "offset"), [(1e-2, 0.0), (1e-4, 0.0), (1e-6, 0.0), (1e-4, 9.0)])
def test_near_copies_keep_their_digits(backend, noise, offset):
    # The Gram form in float32 gives zeros or noise on this diagonal: |x|^2 is 1e8 times larger.
    x = randn(37, 1024) + offset
    y = x + noise * randn(37, 1024, seed=1)
    got = pairwise_sqdist(x, y)
    assert_close(got, truth(x, y), PAIRWISE_SQDIST)
    if offset == 0.0:
        assert got.argmin(1).tolist() == list(range(37))


@both
def test_a_cloud_of_near_copies_alone(backend):
    # Every pair is near beside its norms: two tight clusters, far apart.
    centres = 100.0 * randn(2, 1, 40)
    x = (centres + 1e-3 * randn(2, 20, 40, seed=1)).reshape(40, 40)
    assert_close(pairwise_sqdist(x, x), truth(x, x), PAIRWISE_SQDIST)


@both
def test_a_set_against_itself_is_symmetric_with_an_exact_zero_diagonal(backend):
    x = 5 + randn(41, 19)
    got = pairwise_sqdist(x, x)
    assert not got.diagonal().any()
    assert_close(got, got.T, PAIRWISE_SQDIST)


@both
def test_any_strides_and_mixed_precision_give_the_same(backend):
    x = randn(6, 2, 9).transpose(0, 1)  # [2, 6, 9]
    y = randn(1, 9, 8, seed=1, dtype=torch.bfloat16).mT[:, ::2].expand(2, 4, 9)
    assert_close(pairwise_sqdist(x, y), truth(x, y), PAIRWISE_SQDIST)


def test_float64_inputs_keep_their_digits():
    x = randn(20, 30).double()
    y = x + 1e-9 * randn(20, 30, seed=1).double()
    assert_close(pairwise_sqdist(x, y), truth(x, y), PAIRWISE_SQDIST)


@both
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_not_hidden(backend, value):
    x, y = randn(4, 6), randn(5, 6, seed=1)
    x[2, 3] = value
    got = pairwise_sqdist(x, y)
    assert not torch.isfinite(got[2]).any()


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (torch.zeros(3, 4), torch.zeros(3, 5), "do not fit"),
        (torch.zeros(2, 3, 4), torch.zeros(3, 3, 4), "do not fit"),
        (torch.zeros(0, 4), torch.zeros(3, 4), "nothing may be empty"),
        (torch.zeros(3, 4), torch.zeros(1, 3, 4), r"pass \[N, D\]"),
        (torch.zeros(3), torch.zeros(3), r"pass \[N, D\]"),
        (torch.zeros(3, 4, dtype=torch.int64), torch.zeros(3, 4), "x is torch.int64"),
        (torch.zeros(3, 4), torch.zeros(3, 4, device="meta"), "y is on meta"),
    ],
)
def test_wrong_arguments_are_named(x, y, words):
    with pytest.raises(ValueError, match=words):
        pairwise_sqdist(x, y)
