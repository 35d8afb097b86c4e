"""What a dry run counts of a network, without torch, is what torch counts of it."""

import pytest

from dmdrepro.models import AdmUnet, Mlp, Model


@pytest.mark.parametrize(
    ("model", "shape", "classes"),
    [
        (Mlp(), (4,), 0),
        (AdmUnet(), (1, 32, 32), 0),
        (AdmUnet(), (1, 32, 32), 10),
        (AdmUnet(width=192), (3, 64, 64), 1000),
        (AdmUnet(16, (1, 2, 2), 1, ()), (1, 16, 16), 10),
    ],
)
def test_the_count_is_torchs(model, shape, classes):
    ours, torchs = model.cost(shape, classes), Model.cost(model, shape, classes)
    assert ours.parameters == pytest.approx(torchs.parameters, rel=0.02)
    assert ours.flops == pytest.approx(torchs.flops, rel=0.05)
    assert torchs.activations > 0
