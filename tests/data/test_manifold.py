"""The MLP manifold: a 16-dimensional surface in [-1, 1] for each class, its stripe in its place."""

import pytest
import torch

from dmdrepro.data import MlpManifold
from dmdrepro.data.manifold import stripes


def latents(n, seed=0):
    return torch.randn(n, 16, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("resolution", "rms"), [(32, 0.5085), (16, 0.5032), (8, 0.4956)])
def test_samples_have_the_stated_shape_range_and_rms(resolution, rms):
    data = MlpManifold(resolution).make()
    x, labels = data.sample(4000, torch.Generator().manual_seed(1))
    assert data.shape == tuple(x.shape[1:]) == (1, resolution, resolution)
    assert (x.dtype, labels.dtype) == (torch.float32, torch.int64)
    assert x.abs().max() <= 1
    assert data.rms == pytest.approx(rms, abs=5e-5)
    assert x.square().mean().sqrt().item() == pytest.approx(rms, rel=0.01)
    counts = torch.bincount(labels, minlength=10)
    assert ((counts - 400.0) ** 2 / 400).sum() < 27.9  # chi square, 9 degrees: p = 0.001


@pytest.mark.parametrize("label", [0, 7])
def test_a_class_is_a_surface_of_16_dimensions(label):
    """z -> x has a Jacobian of full rank: no direction of z is lost."""
    data = MlpManifold(16).make()
    jacobian = torch.autograd.functional.jacobian(
        lambda z: data.image(z[None], torch.tensor([label])).flatten(), latents(1)[0]
    )
    values = torch.linalg.svdvals(jacobian.double())
    assert tuple(jacobian.shape) == (256, 16)
    assert values[-1] > 0.1 * values[0]


def test_the_surface_is_curved():
    """A plane would put the image of a midpoint in the middle."""
    data, label = MlpManifold(16).make(), torch.zeros(64, dtype=torch.int64)
    a, b = latents(64, 1), latents(64, 2)
    middle = (data.image(a, label) + data.image(b, label)) / 2
    gap = (data.image((a + b) / 2, label) - middle).square().mean()
    assert gap > 0.02 * middle.var()


@pytest.mark.parametrize("resolution", [8, 16, 32])
def test_stripes_of_classes_lie_apart_in_order_and_cover_equal_parts(resolution):
    rows = stripes(resolution, 10)
    assert rows.min() >= 0
    torch.testing.assert_close(rows.sum(1), torch.full((10,), 3 * resolution / 32))
    assert rows.sum(0).max() <= 1
    centre = (rows * torch.arange(resolution)).sum(1) / rows.sum(1)
    assert (centre.diff() > 0.7 * 3 * resolution / 32).all()


def test_a_stripe_moves_its_rows_towards_white_and_leaves_the_others():
    data, z = MlpManifold(32).make(), latents(10)
    x = data.image(z, torch.arange(10))
    other = data.image(z, (torch.arange(10) + 5) % 10)
    rows = torch.arange(32)
    for label in range(10):
        band = (rows >= 1 + 3 * label) & (rows < 4 + 3 * label)
        elsewhere = (rows >= 1 + 3 * ((label + 5) % 10)) & (rows < 4 + 3 * ((label + 5) % 10))
        torch.testing.assert_close(
            1 - x[label, 0, band], 0.2 * (1 - other[label, 0, band]), rtol=0, atol=1e-6
        )
        assert torch.equal(x[label, 0, ~(band | elsewhere)], other[label, 0, ~(band | elsewhere)])


def test_the_data_set_is_its_seed_and_a_sample_its_generator():
    x, labels = MlpManifold(8, seed=3).make().sample(5, torch.Generator().manual_seed(0))
    torch.manual_seed(9)
    again, again_labels = MlpManifold(8, seed=3).make().sample(5, torch.Generator().manual_seed(0))
    assert torch.equal(x, again)
    assert torch.equal(labels, again_labels)
    other, _ = MlpManifold(8, seed=4).make().sample(5, torch.Generator().manual_seed(0))
    assert not torch.allclose(x, other)
