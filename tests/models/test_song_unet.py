"""SongUNet: the public networks' keys, shapes and numbers, and its settings' refusals."""

import pytest
import torch
from oracle_networks import numbers, relative_error, shapes, song_settings, with_oracle_weights

import dmdrepro
from dmdrepro.models.song_network import ResampledConv

TOLERANCE = 1e-5
PUBLIC = ("cifar10_uncond_ddpmpp", "cifar10_cond_ddpmpp", "cifar10_cond_ncsnpp")
TINY = {"width": 16, "channel_mult": (1, 2), "num_blocks": 1, "attn_resolutions": (4,)}


@pytest.mark.parametrize("name", [f"song_{n}" for n in (*PUBLIC, "ffhq64_uncond_ddpmpp")])
def test_the_public_sizes_have_the_public_keys_and_shapes(name, oracles):
    arguments, said = song_settings(name, oracles)
    with torch.device("meta"):
        denoiser = dmdrepro.song_denoiser(**arguments)
    assert sum(p.numel() for p in denoiser.parameters()) == said["parameters"]
    assert shapes(denoiser) == said["keys"]


@pytest.mark.parametrize("name", ["song_ddpmpp", "song_ncsnpp"])
def test_the_denoiser_and_the_samplers_equal_the_public_ones(name, oracles):
    arguments, said = song_settings(name, oracles)
    denoiser = with_oracle_weights(dmdrepro.song_denoiser(**arguments))
    assert shapes(denoiser) == said["keys"]
    n = numbers(oracles / f"{name}.npz")
    labels = None
    if "class_index" in n:
        labels = torch.nn.functional.one_hot(n["class_index"].long(), denoiser.label_dim).float()
    z = n["unit_noise"]
    with torch.no_grad():
        assert relative_error(denoiser(n["x"], n["sigma"], labels), n["denoised"]) < TOLERANCE
        assert relative_error(denoiser(2.5 * z, 2.5, labels), n["init_25"]) < TOLERANCE
    for steps, array in ((8, "heun_8"), (1, "one_step")):
        found = dmdrepro.heun_sample(denoiser, 80 * z, steps, labels)
        assert relative_error(found, n[array]) < TOLERANCE


def test_cifar_10s_network_has_its_number_of_parameters():
    with torch.device("meta"):
        denoiser = dmdrepro.song_denoiser(32, 3, 0, 128, (2, 2, 2), 4, (16,), augment_dim=9)
    assert sum(p.numel() for p in denoiser.parameters()) == 55_733_891


@pytest.mark.parametrize("conv_first", [False, True])
@pytest.mark.parametrize("taps", [(1, 1), (1, 3, 3, 1)])
def test_halving_is_the_filters_weighted_mean(taps, conv_first):
    """With a 1x1 convolution that leaves its input as it is, filter and convolution commute."""
    layer = ResampledConv(1, 1, 1, "down", taps, conv_first)
    torch.nn.init.ones_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    x = torch.randn(1, 1, 6, 6, dtype=torch.float64)
    weights = torch.tensor(taps, dtype=torch.float64) / sum(taps)
    border = len(taps) // 2 - 1
    padded = torch.nn.functional.pad(x, (border,) * 4)
    windows = padded.unfold(2, len(taps), 2).unfold(3, len(taps), 2)  # [1, 1, 3, 3, T, T]
    expected = torch.einsum("bchwij,i,j->bchw", windows, weights, weights)
    torch.testing.assert_close(layer.double()(x), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"encoder": "skip"}, "use standard or residual"),
        ({"embedding": "learned"}, "use positional or fourier"),
        ({"resample_filter": (1, 2, 1)}, "even number of taps"),
        ({"resample_filter": None}, "even number of taps"),
        ({"width": "8"}, "model.width is '8'; it must be a whole number"),
        ({"channel_mult": None}, "one positive number for each level"),
        ({"attn_resolutions": 8}, "positive whole numbers"),
    ],
)
def test_settings_that_make_no_network_are_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        dmdrepro.song_denoiser(8, 1, 3, **TINY | wrong)
