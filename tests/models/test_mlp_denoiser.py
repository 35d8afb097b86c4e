"""The toys' MLP denoiser."""

import pytest
import torch
import torch.nn.functional as F

from dmdrepro.models import Mlp
from dmdrepro.models.mlp_network import SILU_GAIN, fourier_features


def test_the_paper_size_is_five_hidden_layers_of_384():
    denoiser = Mlp().make((4,))
    shapes = [tuple(layer.weight.shape) for layer in denoiser.model.hidden]
    assert shapes == [(384, 4 + 32), *[(384, 384)] * 4]
    assert sum(p.numel() for p in denoiser.parameters()) == 607_108


def test_features_are_the_last_hidden_layer():
    denoiser = Mlp(hidden_layers=3, width=24).make((4,))
    torch.nn.init.normal_(denoiser.model.out.weight)
    x = torch.randn(5, 4)
    raw, h = denoiser.features(x, 2.0)
    assert h.shape == (5, *denoiser.feature_shape) == (5, 24)
    torch.testing.assert_close(raw, denoiser.model.out(h))
    torch.testing.assert_close(raw, denoiser.raw(x, torch.full((5,), 2.0)))


def test_the_class_changes_the_output():
    denoiser = Mlp(hidden_layers=2, width=16).make((4,), 3)
    torch.nn.init.normal_(denoiser.model.out.weight)
    x = torch.randn(1, 4).expand(3, 4)
    out = denoiser(x, 1.0, torch.eye(3))
    assert (out[0] - out[1]).norm() > 1e-3
    with pytest.raises(ValueError, match="conditional on 3"):
        denoiser(x, 1.0)


def test_time_features_tell_every_noise_level_apart():
    """Over 0.002..80, features are at least twice as far apart as c_noise: nothing is aliased."""
    c_noise = torch.linspace(-6.2, 4.4, 1000, dtype=torch.float64).div(4)
    features = fourier_features(c_noise, 32)
    assert features.shape == (1000, 32)
    apart = (c_noise[:, None] - c_noise).abs()
    assert (torch.cdist(features, features) >= 2 * apart).all()


def test_the_silu_gain_keeps_the_second_moment():
    z = torch.linspace(-12, 12, 100_001, dtype=torch.float64)
    density = torch.exp(-(z**2) / 2) / (2 * torch.pi) ** 0.5
    moment = torch.trapezoid(F.silu(z) ** 2 * density, z)
    assert moment.item() * SILU_GAIN**2 == pytest.approx(1.0, abs=1e-3)


def test_images_are_refused():
    with pytest.raises(ValueError, match=r"one sample has shape \(1, 8, 8\)"):
        Mlp().make((1, 8, 8))
