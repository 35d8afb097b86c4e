"""EDM preconditioning obeys its identities."""

import copy

import pytest
import torch
from torch import nn

from dmdrepro.models import Mlp
from dmdrepro.models.adm import adm_denoiser
from dmdrepro.models.edm import EDMDenoiser, c_in, c_noise, c_out, c_skip, over, precondition
from dmdrepro.models.song import song_denoiser

SIGMA = torch.logspace(-2.7, 1.9, 20, dtype=torch.float64)


class Spy(nn.Module):
    """A raw network that keeps what it was given and returns its input."""

    feature_shape = (3,)

    def forward(self, x, noise, class_labels=None):
        self.given = x, noise, class_labels
        return x

    def features(self, x, noise, class_labels=None):
        return self(x, noise, class_labels), x


@pytest.fixture
def denoiser():
    return EDMDenoiser(Spy(), 0.5, (3,), 0)


@pytest.mark.parametrize("sigma_data", [0.5, 1.3])
def test_input_target_and_error_have_the_variances_of_table_1(sigma_data):
    """Unit-variance input and target, and c_skip the one that makes c_out smallest."""
    variance = SIGMA**2 + sigma_data**2
    skip, out = c_skip(SIGMA, sigma_data), c_out(SIGMA, sigma_data)
    torch.testing.assert_close(c_in(SIGMA, sigma_data) ** 2 * variance, torch.ones_like(SIGMA))
    # target F = (x - c_skip (x + n)) / c_out
    error = ((1 - skip) * sigma_data) ** 2 + (skip * SIGMA) ** 2
    torch.testing.assert_close(error / out**2, torch.ones_like(SIGMA))
    for other in (skip - 1e-3, skip + 1e-3):
        assert (((1 - other) * sigma_data) ** 2 + (other * SIGMA) ** 2 > error).all()


def test_at_sigma_data_half_of_the_signal_is_kept():
    sigma = torch.tensor([0.5])
    assert c_skip(sigma, 0.5).item() == pytest.approx(0.5)
    assert c_out(sigma, 0.5).item() == pytest.approx(0.5 / 2**0.5)
    assert c_noise(torch.e ** torch.tensor([4.0])).item() == pytest.approx(1.0)


def test_the_network_is_given_c_in_x_and_c_noise(denoiser):
    x, sigma = torch.randn(5, 3), torch.tensor([0.002, 0.1, 1.0, 10.0, 80.0])
    denoised = denoiser(x, sigma)
    given, noise, labels = denoiser.model.given
    torch.testing.assert_close(given, x / (sigma**2 + 0.25).sqrt()[:, None])
    torch.testing.assert_close(noise, sigma.log() / 4)
    assert labels is None
    torch.testing.assert_close(denoised, precondition(given, x, sigma, 0.5))


@pytest.mark.parametrize("sigma", [2, 2.0, torch.tensor(2.0), torch.tensor([2.0])])
def test_sigma_may_be_a_number_or_a_tensor(denoiser, sigma):
    x = torch.randn(4, 3)
    torch.testing.assert_close(denoiser(x, sigma), denoiser(x, torch.full((4,), 2.0)))


def test_preconditioning_is_float32_for_any_input(denoiser):
    x = torch.randn(4, 3, dtype=torch.float64)
    raw, h = denoiser.features(x, torch.ones(4, dtype=torch.float64))
    assert raw.dtype == h.dtype == denoiser(x, 1.0).dtype == torch.float32
    assert denoiser.model.given[0].dtype == torch.float32


def test_at_low_noise_the_denoiser_is_the_identity_whatever_the_network_says():
    x = torch.randn(6, 3)
    close = precondition(torch.full((6, 3), 5.0), x, 1e-6, 0.5)
    torch.testing.assert_close(close, x, rtol=0, atol=1e-4)


FRESH = {
    "mlp": lambda: Mlp().make((4,), 3),
    "adm": lambda: adm_denoiser(8, 1, 3, 16, (1, 2), 1, ()),
    "song": lambda: song_denoiser(8, 1, 3, 16, (1, 2), 1, (4,), "fourier", "residual"),
}


@pytest.mark.parametrize("kind", FRESH)
def test_an_untrained_denoiser_returns_c_skip_x(kind):
    denoiser, sigma = FRESH[kind](), torch.tensor([0.01, 1.0, 80.0])
    x = torch.randn(3, *denoiser.shape)
    expected = over(c_skip(sigma, 0.5), x) * x
    torch.testing.assert_close(denoiser(x, sigma, torch.eye(3)), expected)


def test_a_copy_is_independent_and_keeps_its_settings(denoiser):
    denoiser.compute_dtype = torch.bfloat16
    other = copy.deepcopy(denoiser)
    other.compute_dtype = None
    assert denoiser.compute_dtype == torch.bfloat16
    assert (other.shape, other.sigma_data, other.feature_shape) == ((3,), 0.5, (3,))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((torch.zeros(4, 2), 1.0), "pass \\[B"),
        ((torch.zeros(4, 3), torch.ones(3)), "sigma has 3"),
        ((torch.zeros(4, 3), 0.0), "positive"),
        ((torch.zeros(4, 3), float("nan")), "positive"),
        ((torch.zeros(4, 3), 1.0, torch.zeros(4, 2)), "unconditional"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(denoiser, arguments, word):
    with pytest.raises(ValueError, match=word):
        denoiser(*arguments)


def test_a_non_positive_sigma_data_is_refused():
    with pytest.raises(ValueError, match="sigma_data"):
        EDMDenoiser(Spy(), 0.0, (3,), 0)
