"""A denoiser from a file: the same weights, whatever wrote them, and refusals in a sentence."""

from __future__ import annotations

import re

import pytest
import torch
from safetensors.torch import save_file

import dmdrepro


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "dmdrepro" / "pretrained"


@pytest.fixture(scope="module")
def conditional():
    """A small class-conditional ADM U-Net with random weights."""
    torch.manual_seed(0)
    denoiser = dmdrepro.adm_denoiser(8, 3, 5, 64, (1, 2), 2, (8,)).eval()
    for parameter in denoiser.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return denoiser


def write(kind, denoiser, folder):
    weights = denoiser.state_dict()
    teacher = {f"real_unet.{key}": value for key, value in weights.items()}
    fake = {f"fake_unet.{key}": value + 1 for key, value in weights.items()}
    both = {**teacher, **fake, "karras_sigmas": torch.ones(3)}
    path = folder / kind
    if kind == "pytorch_model.bin":
        torch.save(weights, path)
    elif kind == "pytorch_model_1.bin":
        torch.save(both, path)
    elif kind == "model.safetensors":
        save_file(weights, path)
    elif kind == "model_1.safetensors":
        save_file(both, path)
    return path


KINDS = ("pytorch_model.bin", "pytorch_model_1.bin", "model.safetensors", "model_1.safetensors")


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_gives_the_same_denoiser(kind, conditional, tmp_path):
    path = write(kind, conditional, tmp_path)
    before = torch.get_rng_state()
    found = dmdrepro.load_denoiser(path)
    assert torch.equal(before, torch.get_rng_state())
    assert (found.shape, found.label_dim, found.sigma_data) == ((3, 8, 8), 5, 0.5)
    z, labels = dmdrepro.unit_noise(found, 4, seed=0)
    with torch.no_grad():
        assert torch.equal(found(80 * z, 80.0, labels), conditional(80 * z, 80.0, labels))


def test_a_converted_file_is_used_again_verified_and_held_to_its_origin(
    conditional, tmp_path, cache
):
    path = write("pytorch_model.bin", conditional, tmp_path)
    dmdrepro.load_denoiser(path)
    (made,) = cache.glob("*.safetensors")
    first = made.stat().st_mtime_ns
    dmdrepro.load_denoiser(path)
    assert made.stat().st_mtime_ns == first
    made.write_bytes(made.read_bytes()[:-1] + b"x")  # made anew
    assert torch.equal(
        dmdrepro.load_denoiser(path).model.out_conv.bias, conditional.model.out_conv.bias
    )
    torch.save({k: v + 1 for k, v in conditional.state_dict().items()}, path)
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
