"""The oracles' small networks: their weights follow from the keys alone (the oracles' README)."""

import json
import math
import zlib

import numpy as np
import torch

import dmdrepro


def relative_error(ours, theirs):
    return float((ours.double() - theirs.double()).norm() / theirs.double().norm())


def shapes(denoiser):
    return {key: list(value.shape) for key, value in denoiser.state_dict().items()}


def oracle_weight(key, shape):
    if key.endswith("resample_filter"):
        taps = torch.tensor([1.0, 1.0] if shape[-1] == 2 else [1.0, 3.0, 3.0, 1.0])
        return (taps.outer(taps) / taps.sum() ** 2)[None, None]
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    w = rng.standard_normal(shape).astype(np.float32)
    *_, module, kind = key.split(".")
    if kind == "bias":
        w = 0.1 * w
    elif "norm" in module and kind == "weight":
        w = 1 + 0.1 * w
    elif len(shape) > 1:
        w = w / math.sqrt(math.prod(shape[1:]))
    return torch.from_numpy(w.astype(np.float32))


def with_oracle_weights(denoiser):
    """The same denoiser with the weights that the oracles' numbers were computed with."""
    weights = {key: oracle_weight(key, shape) for key, shape in shapes(denoiser).items()}
    denoiser.load_state_dict(weights)
    return denoiser.eval()


def tiny_adm():
    """The network of edm_unet_uncond.npz, without the folder of oracles."""
    return with_oracle_weights(dmdrepro.adm_denoiser(16, 1, 0, 32, (1, 2), 1, (8,)))


def song_settings(name, oracles):
    """(keyword arguments of `song_denoiser`, the rest) of song_*.keys.json."""
    found = json.loads((oracles / f"{name}.keys.json").read_text())
    said = {"num_blocks": 4, "attn_resolutions": [16], **found["settings"]}
    renamed = {"model_channels": "width", "embedding_type": "embedding", "encoder_type": "encoder"}
    arguments = {renamed.get(key, key): value for key, value in said.items()}
    assert arguments.pop("decoder_type") == "standard"
    return arguments, found


def numbers(path):
    with np.load(path) as file:
        return {name: torch.from_numpy(file[name]) for name in file.files}
