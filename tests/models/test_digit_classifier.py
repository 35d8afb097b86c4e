"""The digits' classifier."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from dmdrepro.models.classifier import Classifier


@pytest.mark.parametrize("resolution", [8, 16, 32])
def test_weights_and_operations_are_as_the_plan_counts_them(resolution):
    settings = Classifier(resolution)
    network = settings.make()
    assert sum(p.numel() for p in network.parameters()) == settings.parameters
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(2, 1, resolution, resolution))
    assert counter.get_total_flops() / 2 == pytest.approx(settings.flops, rel=0.01)


def test_the_logits_are_read_from_the_features():
    network = Classifier(8, width=4, features=12).make()
    x = torch.randn(5, 1, 8, 8)
    features = network.features(x)
    assert features.shape == (5, 12)
    assert (features >= 0).all()
    torch.testing.assert_close(network(x), network.out(features))


def test_what_it_cannot_read_is_refused():
    with pytest.raises(ValueError, match=r"reads \[B, 1, 8, 8\]"):
        Classifier(8).make()(torch.zeros(2, 1, 16, 16))
    with pytest.raises(ValueError, match="a multiple of 4"):
        Classifier(6)
    with pytest.raises(ValueError, match="at least 1"):
        Classifier(8, width=0)
