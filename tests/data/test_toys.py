"""What is true of every toy: limits, finiteness, agreement of samples, denoiser and RMS."""

import pytest
import torch

from dmdrepro.data import Chessboard, Moons, Ring

TOYS = (Chessboard(), Moons(), Ring(), Chessboard(ambient_dim=2), Moons(6), Ring(2, 5, 1.0, 0.3))
each_toy = pytest.mark.parametrize("toy", TOYS, ids=lambda t: f"{type(t).__name__}{t.ambient_dim}")


def draw(toy, n, seed=0):
    return toy.sample(n, torch.Generator().manual_seed(seed))[0]


@each_toy
def test_rms_is_that_of_the_samples(toy):
    squares = draw(toy, 200_000).double().square().mean(1)
    error = squares.std().item() / len(squares) ** 0.5
    assert squares.mean().item() == pytest.approx(toy.rms**2, abs=4 * error)


@each_toy
@pytest.mark.parametrize("sigma", [0.1, 2.0])
def test_the_denoisers_error_is_uncorrelated_with_what_it_sees(toy, sigma):
    """E[(x0 - D(x)) g(x)] = 0 for every g: samples and denoiser are of one law."""
    x0 = draw(toy, 20_000).double()
    noise = torch.Generator().manual_seed(1)
    x = x0 + sigma * torch.randn(x0.shape, generator=noise, dtype=torch.float64)
    denoised = toy.denoise(x, sigma)
    for seen in (torch.ones_like(x), denoised, x.sin(), (3 * x).cos()):
        products = (x0 - denoised) * seen
        error = products.std(0) / len(x) ** 0.5
        assert (products.mean(0).abs() <= 4.5 * error + 1e-15).all()


@each_toy
def test_at_vanishing_noise_a_sample_is_kept(toy):
    x = draw(toy, 300).double()
    assert (toy.denoise(x, 1e-5) - x).abs().max() < 1e-4


@each_toy
def test_at_large_noise_the_answer_is_linear_in_the_covariance(toy):
    """x of the size of sigma = 1000: D = Cov x / sigma^2 to the next order, 1/sigma."""
    x = 1e3 * torch.randn(
        20, toy.ambient_dim, dtype=torch.float64, generator=torch.Generator().manual_seed(3)
    )
    covariance = torch.cov(draw(toy, 200_000).double().T)
    torch.testing.assert_close(toy.denoise(x, 1e3), x @ covariance / 1e6, rtol=0, atol=1e-4)


@each_toy
@pytest.mark.parametrize("sigma", [0.002, 0.3, 80.0])
def test_far_outside_the_support_the_answer_is_finite_and_between_data_and_x(toy, sigma):
    directions = torch.randn(40, toy.ambient_dim, generator=torch.Generator().manual_seed(4))
    for far in (10.0, 1e3, 1e5):
        x = (far * directions).double()
        denoised = toy.denoise(x, sigma)
        assert denoised.isfinite().all()
        assert (denoised.norm(dim=1) <= torch.maximum(x.norm(dim=1), torch.tensor(4.0))).all()


@each_toy
def test_a_noise_level_for_each_sample_is_that_sample_alone(toy):
    x, sigma = draw(toy, 4), torch.tensor([0.01, 0.5, 3.0, 80.0])
    together = toy.denoise(x, sigma)
    assert together.dtype == torch.float64
    for row in range(4):
        torch.testing.assert_close(together[row], toy.denoise(x[row : row + 1], sigma[row])[0])
    torch.testing.assert_close(toy.denoise(x, 2), toy.denoise(x, torch.full((4,), 2.0)))


@each_toy
def test_a_sample_depends_on_the_generator_alone(toy):
    torch.manual_seed(0)
    first = draw(toy, 9, seed=5)
    torch.manual_seed(1)
    assert torch.equal(first, draw(toy, 9, seed=5))
    assert not torch.equal(first, draw(toy, 9, seed=6))
    assert first.dtype == torch.float32
    assert tuple(first.shape[1:]) == toy.shape
    assert (toy.classes, toy.training_set, toy.training_size) == (0, None, 0)
    assert toy.to("cpu") is toy


@each_toy
@pytest.mark.parametrize(
    ("x", "sigma", "word"),
    [
        (torch.zeros(3, 9), 1.0, "shape"),
        (torch.zeros(4), 1.0, "shape"),
        (None, torch.ones(2), "noise levels"),
        (None, 0.0, "positive"),
        (None, -1.0, "positive"),
        (None, float("nan"), "positive"),
        (None, torch.tensor([1.0, 1.0, float("inf")]), "finite"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(toy, x, sigma, word):
    x = torch.zeros(3, toy.ambient_dim) if x is None else x
    with pytest.raises(ValueError, match=f"{type(toy).__name__}.denoise.*({word})"):
        toy.denoise(x, sigma)
