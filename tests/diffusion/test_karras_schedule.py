"""The Karras noise levels."""

import numpy as np
import pytest
import torch

from dmdrepro.diffusion import heun_grid, karras_sigmas


def test_levels_are_even_in_the_seventh_root_between_exact_ends():
    sigmas = karras_sigmas(1000)
    assert (sigmas[0], sigmas[-1]) == (0.002, 80.0)
    steps = (sigmas ** (1 / 7)).diff()
    assert steps.min() > 0
    torch.testing.assert_close(steps, steps.mean().expand(999))


def test_levels_equal_dmd2(oracles):
    with np.load(oracles / "dmd2_losses.npz") as file:
        theirs = torch.from_numpy(file["karras_sigmas"])
    torch.testing.assert_close(karras_sigmas(len(theirs)).float(), theirs, rtol=3e-6, atol=0)


def test_the_middle_level_is_the_mean_of_the_roots():
    middle = karras_sigmas(3, 1.0, 128.0, rho=7.0)[1]
    assert middle.item() == pytest.approx(1.5**7)


@pytest.mark.parametrize("num_steps", [2, 8, 32])
def test_the_samplers_grid_is_the_levels_from_above_then_zero(num_steps):
    grid = heun_grid(num_steps)
    assert grid.dtype == torch.float64
    assert torch.equal(grid[:-1].flip(0), karras_sigmas(num_steps))
    assert grid[-1] == 0


def test_one_step_goes_from_the_top_to_zero():
    assert heun_grid(1).tolist() == [80.0, 0.0]


@pytest.mark.parametrize(
    "call",
    [
        lambda: karras_sigmas(1),
        lambda: karras_sigmas(10, 0.0, 80.0),
        lambda: karras_sigmas(10, 80.0, 0.002),
        lambda: heun_grid(0),
    ],
)
def test_grids_that_cannot_be_are_refused(call):
    with pytest.raises(ValueError, match="is"):
        call()
