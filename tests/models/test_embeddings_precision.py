"""Under autocast the noise level and the class reach the network in float32; else no bit moves."""

import pytest
import torch

from dmdrepro.models import Mlp
from dmdrepro.models.adm import adm_denoiser
from dmdrepro.models.adm_block import AdmBlock
from dmdrepro.models.edm import full_precision

LEVELS = torch.tensor([0.002, 0.05, 0.8, 12.0, 80.0])
CLASSES = torch.eye(5)[[4, 0, 2, 2, 1]]


def adm():
    torch.manual_seed(0)
    return adm_denoiser(8, 1, 5, 32, (1, 2), 1, (4,))


def mlp():
    torch.manual_seed(0)
    return Mlp(hidden_layers=3, width=16, time_features=8).make((4,), 5)


def seen(denoiser, layers) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """(input, output) of each layer in one pass."""
    found = []
    hooks = [m.register_forward_hook(lambda _, i, o: found.append((i[0], o))) for m in layers]
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        denoiser(torch.randn((5, *denoiser.shape), generator=draw), LEVELS, CLASSES)
    for hook in hooks:
        hook.remove()
    return found


def embeds(denoiser) -> list[torch.nn.Module]:
    """The layers that read noise level, class or their embedding."""
    model = denoiser.model
    if hasattr(model, "hidden"):
        return [model.hidden[0]]
    blocks = [m.affine for m in model.modules() if isinstance(m, AdmBlock)]
    assert blocks
    return [model.map_layer0, model.map_layer1, model.map_label, *blocks]


@pytest.mark.parametrize("make", [adm, mlp])
def test_embeddings_are_float32_under_autocast(make):
    denoiser = make()
    denoiser.compute_dtype = torch.bfloat16
    for given, found in seen(denoiser, embeds(denoiser)):
        assert given.dtype == found.dtype == torch.float32
    # and the rest is not
    layer = denoiser.model.hidden[1] if make is mlp else next(iter(denoiser.model.enc.values()))
    ((_, found),) = seen(denoiser, [layer])
    assert found.dtype == torch.bfloat16


def test_the_unets_embedding_is_the_float32_networks_own():
    """To the bit: what a level or a class says is not rounded to three digits."""
    exact, rounded = adm(), adm()
    rounded.compute_dtype = torch.bfloat16
    layers = slice(0, 3)
    for (_, a), (_, b) in zip(
        seen(exact, embeds(exact)[layers]), seen(rounded, embeds(rounded)[layers]), strict=True
    ):
        assert torch.equal(a, b)


def test_nothing_is_entered_without_autocast():
    x = torch.zeros(1)
    with full_precision(x):
        assert not torch.is_autocast_enabled("cpu")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with full_precision(x):
            assert not torch.is_autocast_enabled("cpu")
        assert torch.is_autocast_enabled("cpu")
