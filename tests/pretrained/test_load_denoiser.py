"""A denoiser from a file: the same weights, whatever wrote them, and refusals in a sentence."""

import re
from contextlib import nullcontext

import pytest
import torch
from foreign_files import KINDS, adm_arguments, drawn, write
from oracle_networks import numbers, relative_error, song_settings, tiny_adm, with_oracle_weights
from safetensors.torch import save_file

import dmdrepro
from dmdrepro.models import AdmUnet, Mlp
from dmdrepro.pretrained.architecture import of_arguments

pytestmark = pytest.mark.usefixtures("cache")
ADM = AdmUnet(64, (1, 2), 1, (8,))


@pytest.fixture(scope="module")
def conditional():
    """A small class-conditional ADM U-Net with random weights."""
    return drawn(ADM, (3, 8, 8), 5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_gives_the_same_denoiser(kind, conditional, tmp_path):
    path = write(kind, tmp_path / "weights", conditional, adm_arguments(conditional, ADM))
    before = torch.get_rng_state()
    with pytest.warns(match="logvar_linear") if kind == "fastgen" else nullcontext():
        found = dmdrepro.load_denoiser(path)
    assert torch.equal(before, torch.get_rng_state())
    assert (found.shape, found.label_dim, found.sigma_data) == ((3, 8, 8), 5, 0.5)
    z, labels = dmdrepro.unit_noise(found, 4, seed=0)
    with torch.no_grad():
        assert torch.equal(found(80 * z, 80.0, labels), conditional(80 * z, 80.0, labels))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("edm_unet_uncond", kind) for kind in KINDS),
        *((name, kind) for name in ("song_ddpmpp", "song_ncsnpp") for kind in ("edm", "dmd2")),
    ],
)
@pytest.mark.filterwarnings("ignore:.*logvar_linear")
def test_the_public_numbers_hold_through_every_reader(kind, name, oracles, tmp_path):
    if name == "edm_unet_uncond":
        denoiser, labels = tiny_adm(), None
        made_with = adm_arguments(denoiser, AdmUnet(32, (1, 2), 1, (8,)))
    else:
        arguments, said = song_settings(name, oracles)
        denoiser = with_oracle_weights(dmdrepro.song_denoiser(**arguments))
        made_with = {
            **said["settings"],
            "model_type": "SongUNet",
            "img_resolution": said["settings"]["resolution"],
            "img_channels": 3,
        }
        del made_with["resolution"], made_with["channels"]
    n = numbers(oracles / f"{name}.npz")
    found = dmdrepro.load_denoiser(write(kind, tmp_path / "weights", denoiser, made_with))
    labels = None
    if found.label_dim:
        labels = torch.nn.functional.one_hot(n["class_index"].long(), found.label_dim).float()
    with torch.no_grad():
        assert relative_error(found(n["x"], n["sigma"], labels), n["denoised"]) < 1e-5
        one_step = found(80 * n["unit_noise"], 80.0, labels)
    assert relative_error(one_step, n["one_step"]) < 1e-5


def test_a_converted_file_is_used_again_verified_and_held_to_its_origin(
    conditional, tmp_path, cache
):
    path = write("dmd2", tmp_path / "pytorch_model.bin", conditional, None)
    dmdrepro.load_denoiser(path)
    (made,) = cache.glob("*.safetensors")
    first = made.stat().st_mtime_ns
    dmdrepro.load_denoiser(path)
    assert made.stat().st_mtime_ns == first
    made.write_bytes(made.read_bytes()[:-1] + b"x")  # made anew
    found = dmdrepro.load_denoiser(path)
    assert torch.equal(found.model.out_conv.bias, conditional.model.out_conv.bias)
    changed = {"model.out_conv.bias": torch.ones(3)}
    torch.save(conditional.state_dict() | changed, path)
    with pytest.raises(ValueError, match="has changed since it was first read") as refused:
        dmdrepro.load_denoiser(path)
    record = re.search(r"delete (\S+) ", str(refused.value))[1]
    (cache / record).unlink()
    dmdrepro.load_denoiser(path)


def test_unit_noise_has_standard_deviation_1_and_one_hot_labels(conditional):
    z, labels = dmdrepro.unit_noise(conditional, 500, seed=3)
    again = dmdrepro.unit_noise(conditional, 500, seed=3)
    assert torch.equal(z, again[0])
    assert torch.equal(labels, again[1])
    assert z.shape == (500, 3, 8, 8)
    assert abs(z.std().item() - 1) < 0.01
    assert labels.shape == (500, 5)
    assert torch.equal(labels.sum(1), torch.ones(500))
    with pytest.warns(UserWarning, match="multiply noise"):
        dmdrepro.heun_sample(conditional, z[:2], 1, labels[:2])
    with pytest.raises(ValueError, match="n is 0"):
        dmdrepro.unit_noise(conditional, 0, seed=3)
    with pytest.raises(ValueError, match="shape"):
        dmdrepro.unit_noise(lambda x, sigma: x, 1, seed=3)


def test_a_runs_own_snapshots_load_with_their_sigma_data(finished):
    folder = finished / "smoke" / "seed0" / "chessboard"
    (path,) = (folder / "teacher").glob("snapshot-*.safetensors")
    found = dmdrepro.load_denoiser(path)
    assert (found.shape, found.label_dim, found.sigma_data) == ((4,), 0, 0.8)
    z, labels = dmdrepro.unit_noise(found, 3, seed=0)
    assert labels is None
    assert dmdrepro.heun_sample(found, 80 * z, 2).shape == (3, 4)


def weights_of(denoiser, **changed):
    weights = {k: v for k, v in denoiser.state_dict().items() if k not in changed}
    return weights | {key: value for key, value in changed.items() if value is not None}


BIAS = "model.out_conv.bias"
DIFFERENT = {
    "missing": ({BIAS: None}, f"{BIAS} is missing"),
    "unknown": ({"model.more": torch.ones(1)}, "model.more belongs to no part of it"),
    "shape": ({BIAS: torch.ones(4)}, r"has shape \(4,\), not \(3,\)"),
    "not finite": ({BIAS: torch.full((3,), torch.nan)}, "not finite numbers"),
    "a counter": ({"model.step": torch.ones(1, dtype=torch.int64)}, r"part of it\.$"),
    "integers": ({BIAS: torch.ones(3, dtype=torch.int64)}, "torch.int64"),
    "another filter": (
        {"model.enc.4x4_down.skip.resample_filter": torch.full((1, 1, 2, 2), 0.3)},
        "another filter",
    ),
    "EDM2": ({"unet.out_gain": torch.ones(())}, "is an EDM2 network"),
    "no network": ({"model.enc.8x8_conv.weight": None}, "no network known here"),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_weights_of_another_network_are_refused_with_the_first_differences(
    case, conditional, tmp_path
):
    changed, says = DIFFERENT[case]
    path = tmp_path / "model.safetensors"
    save_file(weights_of(conditional, **changed), path)
    with pytest.raises(ValueError, match=says) as refused:
        dmdrepro.load_denoiser(path)
    assert str(path) in str(refused.value)


def test_like_gives_the_architecture_and_is_left_as_it_was(conditional, tmp_path):
    toy = Mlp(2, 16, 8).make((4,), sigma_data=0.8)
    path = tmp_path / "mlp.safetensors"
    save_file(weights_of(toy), path)
    with pytest.raises(ValueError, match="does not say its sigma_data; pass like="):
        dmdrepro.load_denoiser(path)
    like = Mlp(2, 16, 8).make((4,), sigma_data=0.7)
    before = like.model.hidden[0].weight.clone()
    found = dmdrepro.load_denoiser(path, like)
    assert found.sigma_data == 0.7
    assert torch.equal(found.model.hidden[0].weight, toy.model.hidden[0].weight)
    assert torch.equal(like.model.hidden[0].weight, before)
    with pytest.raises(ValueError, match="not a denoiser of ours"):
        dmdrepro.load_denoiser(path, lambda x, sigma: x)
    with pytest.raises(ValueError, match=r"is missing; .* more differences"):
        dmdrepro.load_denoiser(path, conditional)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"model_type": "SongUNet", "decoder_type": "skip"}, "decoder_type='skip', which is not"),
        ({"model_type": "Transformer"}, "'Transformer'; only DhariwalUNet and SongUNet"),
        ({"model_type": ["SongUNet"]}, "only DhariwalUNet and SongUNet"),
        ({"attention_heads": 4}, "attention_heads=4, which is not supported"),
        ({"model_channels": "64"}, "width='64', which makes none"),
        ({"channel_mult": 2}, "channel_mult=2, which makes none"),
    ],
)
def test_arguments_that_make_no_network_of_ours_are_refused(arguments, says, conditional):
    with pytest.raises(ValueError, match=says):
        of_arguments(adm_arguments(conditional, ADM) | arguments)


def test_weights_that_the_arguments_do_not_make_are_refused(conditional, tmp_path):
    for changed, says in (
        ({"num_blocks": 3}, "more differences"),
        ({"num_blocks": 500}, "more blocks than it has weights"),
        ({"sigma_data": "0.5"}, "sigma_data is not a positive number"),
    ):
        made_with = adm_arguments(conditional, ADM) | changed
        path = write("edm", tmp_path / f"{len(says)}.pkl", conditional, made_with)
        with pytest.raises(ValueError, match=says):
            dmdrepro.load_denoiser(path)


def test_files_that_are_none_are_refused(conditional, tmp_path):
    with pytest.raises(OSError, match=r"none\.bin"):
        dmdrepro.load_denoiser(tmp_path / "none.bin")
    with pytest.raises(ValueError, match="is a folder; name the file"):
        dmdrepro.load_denoiser(tmp_path)
    path = write("accelerate", tmp_path / "model.safetensors", conditional, None)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match="not a readable safetensors file"):
        dmdrepro.load_denoiser(path)
    torch.save(conditional, tmp_path / "whole.pt")
    with pytest.raises(ValueError, match="save its tensors alone"):
        dmdrepro.load_denoiser(tmp_path / "whole.pt")
    weights = conditional.state_dict()
    for name, more in (("state_dict", {}), ("net", {"optimizer": {}}), ("model", {"step": 3})):
        torch.save({name: weights, **more}, tmp_path / f"{name}.pth")
        with pytest.raises(ValueError, match=rf"\['{name}'\], NEW"):
            dmdrepro.load_denoiser(tmp_path / f"{name}.pth")
    torch.save({"model": {"ema_1": {}, "ema_2": {}}}, tmp_path / "0000001.pth")
    with pytest.raises(ValueError, match="'ema_1', 'ema_2': not one"):
        dmdrepro.load_denoiser(tmp_path / "0000001.pth")
