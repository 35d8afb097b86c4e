"""The chessboard: its law, and its denoiser against numerical integration."""

import numpy as np
import pytest
import torch
from quadrature import interval_integral

from dmdrepro.data import Chessboard
from dmdrepro.data.truncated_normal import interval_moments

SIGMAS = (0.002, 0.05, 0.3, 1.0, 7.0, 80.0)


def integrated(x: np.ndarray, sigma: float) -> np.ndarray:
    """E[x0 | x] on the 4x4 board: sums over black cells of one-dimensional integrals."""
    total, logs = [], []
    for column in range(4):
        for row in range(4):
            if (column + row) % 2 == 0:
                parts = [
                    interval_integral(x[k], sigma, place - 2, place - 1)
                    for k, place in enumerate((column, row))
                ]
                logs.append(parts[0][0] + parts[1][0])
                total.append([parts[0][1], parts[1][1]])
    weight = np.exp(np.array(logs) - max(logs))
    return weight @ np.array(total) / weight.sum()


@pytest.mark.parametrize("sigma", SIGMAS)
def test_the_denoiser_is_the_integral_inside_and_outside_the_board(sigma):
    x = np.random.default_rng(0).uniform(-4, 4, (12, 4))
    x[0, :2], x[1, :2] = (30.0, -0.5), (-300.0, 200.0)
    x[2, :2], x[3, :2] = (1.0, 0.999), (0.5, 2.0 + sigma)
    found = Chessboard().denoise(torch.from_numpy(x), sigma)
    truth = np.array([integrated(row[:2], sigma) for row in x])
    np.testing.assert_allclose(found[:, :2], truth, rtol=1e-9, atol=1e-9)
    assert not found[:, 2:].any()


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("x", [-100.0, -3.0, 0.2, 0.5, 1.0, 1.0 + 1e-9, 4.0, 1000.0])
def test_mass_and_mean_of_an_interval_are_the_integrals(x, sigma):
    log_mass, mean = interval_moments(
        *(torch.tensor(v, dtype=torch.float64) for v in (x, sigma, 0.0, 1.0))
    )
    log_integral, truth = interval_integral(x, sigma, 0.0, 1.0)
    log_truth = log_integral - np.log(sigma * np.sqrt(2 * np.pi))
    assert log_mass.item() == pytest.approx(log_truth, rel=1e-11, abs=1e-11)
    assert mean.item() == pytest.approx(truth, rel=1e-10, abs=1e-11)


def test_samples_fill_the_black_cells_evenly():
    n = 80_000
    x, labels = Chessboard().sample(n, torch.Generator().manual_seed(1))
    assert labels is None
    assert x.abs().max() <= 2
    assert not x[:, 2:].any()
    place = ((x[:, :2] + 2).clamp(max=3.99999)).floor().long()
    assert ((place.sum(1) % 2) == 0).all()
    counts = torch.bincount(place[:, 0] * 4 + place[:, 1], minlength=16)
    expected = n / 8
    black = counts[counts > 0]
    assert len(black) == 8
    assert ((black - expected) ** 2 / expected).sum() < 24.3  # chi square, 7 degrees: p = 0.001
    within = (x[:, :2] + 2) % 1
    torch.testing.assert_close(within.mean(0), torch.full((2,), 0.5), rtol=0, atol=5e-3)
    torch.testing.assert_close(within.var(0), torch.full((2,), 1 / 12), rtol=0, atol=1e-3)


@pytest.mark.parametrize("cells", [2, 6])
def test_other_boards_are_boards(cells):
    board = Chessboard(ambient_dim=3, half_width=1.5, cells=cells)
    x = board.sample(4000, torch.Generator().manual_seed(0))[0]
    side = 3.0 / cells
    place = ((x[:, :2] + 1.5) / side).clamp(max=cells - 1e-4).floor().long()
    assert ((place.sum(1) % 2) == 0).all()
    assert len(torch.unique(place, dim=0)) == cells**2 // 2
    denoised = board.denoise(x, 1e-6)
    assert (denoised - x).abs().max() < 1e-5
