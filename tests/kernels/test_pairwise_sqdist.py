"""pairwise_sqdist: float64 truth, near-copies, batches, strides, errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from kernel_testing import DTYPES, assert_close, random
from scipy.spatial.distance import cdist

from kernels import pairwise_sqdist
from kernels.pairwise_sqdist.op import _pairwise_sqdist


def truth(x, y):
    return torch.from_numpy(
        cdist(x.double().cpu().numpy(), y.double().cpu().numpy(), "sqeuclidean")
    )


@pytest.mark.parametrize(("n", "m", "d"), [(1, 1, 1), (5, 7, 3), (33, 65, 17), (70, 31, 40)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_float64_truth(implementation, n, m, d, dtype):
    x, y = random(n, d, dtype=dtype), random(m, d, dtype=dtype, seed=1)
    found = pairwise_sqdist(x, y)
    assert found.dtype == torch.float64
    assert_close(found.cpu(), truth(x, y), 1e-12)


@pytest.mark.parametrize("noise", [1e-2, 1e-4, 1e-6])
def test_near_copies_keep_their_digits(implementation, noise):
    """At d = 1024 and noise 1e-4 the float32 Gram form has no right digit left."""
    x = random(9, 1024)
    y = x + noise * random(9, 1024, seed=1)
    found = torch.diagonal(pairwise_sqdist(x, y)).cpu()
    expected = (x.double() - y.double()).square().sum(1).cpu()
    assert ((found - expected).abs() / expected).max() < 1e-12


def test_equal_points_are_at_exactly_zero(implementation):
    x = random(6, 50)
    assert torch.equal(torch.diagonal(pairwise_sqdist(x, x)), torch.zeros(6).double().to(x.device))


def test_a_batch_is_each_of_its_pairs(implementation):
    x, y = random(3, 5, 4), random(3, 6, 4, seed=1)
    found = pairwise_sqdist(x, y)
    assert found.shape == (3, 5, 6)
    for b in range(3):
        assert torch.equal(found[b], pairwise_sqdist(x[b], y[b]))


def test_any_strides_give_the_same(implementation):
    x, y = random(8, 6), random(6, 9, seed=1)
    assert torch.equal(pairwise_sqdist(x[::2], y.T), pairwise_sqdist(x[::2].clone(), y.T.clone()))


def test_float64_keeps_what_float32_cannot_hold():
    x = torch.tensor([[1.0]], dtype=torch.float64)
    y = torch.tensor([[1.0 + 1e-12]], dtype=torch.float64)
    assert pairwise_sqdist(x, y).item() == pytest.approx((1.0 + 1e-12 - 1.0) ** 2, rel=1e-9)
    assert np.float32(1.0 + 1e-12) == np.float32(1.0)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        pairwise_sqdist(random(3, 4), random(3, 5))
    with pytest.raises(ValueError, match=r"pass \[N, D\] and \[M, D\]"):
        pairwise_sqdist(random(3, 4), random(1, 3, 4))
    with pytest.raises(ValueError, match="do not fit"):
        pairwise_sqdist(random(0, 4), random(3, 4))
    with pytest.raises(ValueError, match="int64"):
        pairwise_sqdist(torch.ones(3, 4, dtype=torch.int64), random(3, 4))


def test_opcheck_passes(implementation, monkeypatch):
    monkeypatch.undo()  # opcheck makes tensors of its own
    torch.library.opcheck(_pairwise_sqdist, (random(2, 5, 3), random(2, 6, 3)))
