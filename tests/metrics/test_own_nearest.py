"""That each sample's own partner is the nearest: claimed where it holds, and nowhere else."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs import awkward, awkward_sets, gaussian
from scipy.spatial.distance import cdist

from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.metrics.assignment import optimal_assignment
from dmdrepro.metrics.moments import covariance, moments_of, sqdists
from dmdrepro.metrics.own_nearest import own_is_nearest, product


def claimed(x, y):
    return own_is_nearest(x, y, sqdists(x, y))


def holds(x, y):
    cost = cdist(x.astype(np.float64), y.astype(np.float64), "sqeuclidean")
    return bool((np.diag(cost)[:, None] <= cost * (1 + 1e-12)).all())


def copies(n, d, noise, dtype=np.float32, seed=0):
    x = gaussian(seed, n, d)
    return x.astype(dtype), (x + noise * gaussian(seed + 1, n, d)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("n", "d"), [(2, 1), (3, 2), (40, 7), (300, 64), (700, 200)])
def test_a_near_copy_is_an_optimum_without_a_solver(n, d, dtype):
    x, y = copies(n, d, 1e-5 if d < 8 else 0.05, dtype)
    assert claimed(x, y) == holds(x, y)
    found = optimal_assignment(torch.from_numpy(x), torch.from_numpy(y))
    if holds(x, y) and d > 1:
        assert (found.solver, found.gap) == ("nearest", 0.0)
        assert found.e_ot == pytest.approx(((x.astype(float) - y) ** 2).sum(1).mean(), rel=1e-13)


@settings(max_examples=120)
@given(
    st.integers(0, 10_000),
    st.sampled_from([2, 3, 30, 260, 400]),
    st.integers(1, 40),
    st.floats(-9, 0.5),
    st.floats(0, 8),
    st.sampled_from([np.float32, np.float64]),
)
def test_nothing_false_is_claimed(seed, n, d, noise, offset, dtype):
    x, y = copies(n, d, 10.0**noise, dtype, seed)
    x, y = (x + 10**offset).astype(dtype), (y + 10**offset).astype(dtype)
    assert not claimed(x, y) or holds(x, y)


@pytest.mark.parametrize("n", [2, 61, 300])
@awkward
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_false_is_claimed_of_awkward_sets(name, n, dtype):
    x, y = (rows.astype(dtype) for rows in awkward_sets(n)[name])
    assert not claimed(x, y) or holds(x, y)


@pytest.mark.parametrize("share", [1e-3, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("apart", [0.0, 1e6])
def test_one_partner_that_is_nearer_by_little_is_seen(share, apart):
    """In one coordinate of many, the last to be looked at, beside a cluster far away."""
    x, y = copies(400, 96, 0.1, np.float64)
    far = apart * (np.arange(400) % 2)[:, None]
    x, y = x + far, y + far
    x[:, -1] *= 1e-3
    y[:, -1] = x[:, -1]
    y[7] = x[7] + 0.3
    y[9] = x[7] + 0.3
    assert claimed(x, y) <= holds(x, y)
    y[9, -1] -= 0.3 * share
    assert not holds(x, y) or share < 1e-11
    assert not claimed(x, y) or share < 1e-11


def test_half_precision_is_not_centred_in_half_precision():
    """A partner that is nearer by less than a digit of float16 of the sets' own size."""
    x, y = (1000 + rows for rows in copies(300, 8, 0.5, np.float16))
    assert claimed(x, y) <= holds(x, y)
    y = x.copy()
    y[3, 0], y[4] = y[3, 0] + 2, x[3]
    y[4, 0] += 1
    assert not holds(x, y)
    assert not claimed(x, y)


@pytest.mark.parametrize("largest", [1e-44, 1e-38, 3.4e38])
def test_the_ends_of_float32(largest):
    x, y = copies(300, 20, 0.01, np.float64)
    x, y = ((rows * largest / 10).astype(np.float32) for rows in (x, y))
    assert claimed(x, y) <= holds(x, y)
    assert largest == 1e-44 or claimed(x, y)


@pytest.mark.parametrize("exponent", [-400, -160, -120, -60, 60, 120, 160, 400])
def test_the_scale_decides_nothing(exponent):
    dtype = np.float32 if abs(exponent) <= 120 else np.float64
    x, y = (np.ldexp(rows.astype(dtype), exponent) for rows in copies(300, 20, 0.01))
    record = pairing_inefficiency(x, y)
    assert (record.solver, record.retention, record.delta_e) == ("nearest", 1.0, 0.0)


def test_duplicates_share_their_partner_and_keep_their_own():
    x, y = copies(300, 20, 0.01)
    x[5], y[5] = x[4], y[4]
    assert claimed(x, y)
    assert pairing_inefficiency(x, y).remapped == 0


def test_float32_keeps_its_digits_whatever_torch_may_do_with_products():
    x, y = copies(50, 30, 1.0)
    right = x.astype(np.float64) @ y.astype(np.float64).T
    setting = torch.get_float32_matmul_precision()
    try:
        for allowed in ("highest", "medium"):
            torch.set_float32_matmul_precision(allowed)
            assert np.abs(product(x, y) - right).max() < 1e-4
    finally:
        torch.set_float32_matmul_precision(setting)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize(("n", "d"), [(2, 1), (131, 9000), (3000, 3)])
def test_moments_are_those_of_float64(n, d, dtype):
    x, y = (torch.from_numpy(3 + gaussian(s, 2 * n, d)).to(dtype)[::2] for s in (0, 1))
    found, (a, b) = moments_of(x, y), (x.double(), y.double())
    order = np.arange(n)[::-1]
    expected = (a - b).square().sum(1)
    np.testing.assert_allclose(found.sqdist, expected, rtol=1e-13)
    a, b = a - a.mean(0), b - b.mean(0)
    assert found.spread_x == pytest.approx(float(a.square().sum(1).mean()), rel=1e-12)
    assert found.spread_y == pytest.approx(float(b.square().sum(1).mean()), rel=1e-12)
    room = 1e-12 * (found.spread_x * found.spread_y) ** 0.5
    assert found.kept == pytest.approx(float((a * b).sum(1).mean()), abs=room)
    assert covariance(x, y, order, found) == pytest.approx(
        float((a * b.flip(0)).sum(1).mean()), abs=room
    )
