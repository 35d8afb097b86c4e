"""The GAN head reads the features of either network."""

import pytest
import torch

from dmdrepro.models import Mlp
from dmdrepro.models.adm import adm_denoiser
from dmdrepro.models.gan_head import GanHead


@pytest.mark.parametrize(
    "denoiser",
    [
        adm_denoiser(16, 1, 0, 16, (1, 2, 2), 1, ()),
        adm_denoiser(8, 1, 0, 8, (1, 2), 1, ()),
        adm_denoiser(4, 1, 0, 8, (1, 2, 2), 1, ()),
        Mlp(hidden_layers=2, width=16).make((4,)),
    ],
    ids=["4x4", "2-level", "1x1", "mlp"],
)
def test_the_head_fits_the_network_and_its_gradient_reaches_the_images(denoiser):
    head = GanHead(denoiser.feature_shape)
    x = torch.randn(6, *denoiser.shape, requires_grad=True)
    logits = head(denoiser.features(x, 1.0)[1])
    assert logits.shape == (6,)
    logits.sum().backward()
    assert x.grad.flatten(1).norm(dim=1).min() > 0
    assert all(p.grad is not None for p in head.parameters())


@pytest.mark.parametrize("shape", [(768, 8, 8), (256, 4, 4), (32, 5, 3), (16, 1, 1), (384,)])
def test_any_feature_shape_gives_one_logit_per_sample(shape):
    logits = GanHead(shape)(torch.randn(2, *shape))
    assert logits.shape == (2,)
    assert logits[0] != logits[1]


def test_a_head_learns_to_separate_two_clouds_of_features():
    torch.manual_seed(0)
    head = GanHead((8, 4, 4))
    optimiser = torch.optim.Adam(head.parameters(), lr=1e-2)
    sign = torch.tensor([1.0, -1.0]).repeat(16)
    features = torch.randn(32, 8, 4, 4) * torch.where(sign > 0, 1.0, 0.2).reshape(-1, 1, 1, 1)
    features[:, 0] += sign[:, None, None]
    for _ in range(60):
        loss = torch.nn.functional.softplus(-sign * head(features)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert ((head(features) > 0) == (sign > 0)).all()


@pytest.mark.parametrize("shape", [(8, 4), (2, 4, 8, 8), ()])
def test_features_of_another_rank_or_shape_are_refused(shape):
    with pytest.raises(ValueError, match="feature_shape"):
        GanHead(shape)
    with pytest.raises(ValueError, match="features have shape"):
        GanHead((8, 4, 4))(torch.zeros(2, *shape))
