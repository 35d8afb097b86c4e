"""Which network a file's tensors belong to: by EDM's arguments, else by names and shapes."""

import re
from collections.abc import Mapping

from dmdrepro.models import AdmUnet, Mlp, Model, SongUnet

Shapes = Mapping[str, tuple[int, ...]]
# (network's settings, shape of one sample, number of classes)
Architecture = tuple[Model, tuple[int, ...], int]


# EDM's arguments that change no weight of a network that is drawn from.
_PASSED_OVER = {"use_fp16", "sigma_min", "sigma_max", "sigma_data", "dropout", "label_dropout"}
# EDM's argument -> our field; of DhariwalUNet the first four.
_FIELDS = {
    "model_channels": "width",
    "channel_mult": "channel_mult",
    "num_blocks": "num_blocks",
    "attn_resolutions": "attn_resolutions",
    "embedding_type": "embedding",
    "encoder_type": "encoder",
    "channel_mult_noise": "channel_mult_noise",
    "resample_filter": "resample_filter",
    "augment_dim": "augment_dim",
}
# The values of those that are not given.
_USUAL = {
    "DhariwalUNet": (192, (1, 2, 3, 4), 3, (32, 16, 8)),
    "SongUNet": (128, (1, 2, 2, 2), 4, (16,), "positional", "standard", 1, (1, 1), 0),
}
_SIZES = ("img_channels", "img_resolution", "label_dim")
# What only one value of is built.
_FIXED = {"decoder_type": "standard", "channel_mult_emb": 4, "augment_dim": 0}


def of_arguments(made_with: Mapping[str, object]) -> Architecture:
    """The network that EDM's `EDMPrecond(**made_with)` is; raises ValueError for one not built."""
    said = dict(made_with)
    kind = said.pop("model_type", "DhariwalUNet")
    if kind not in tuple(_USUAL):  # in a hostile file it may be a list
        raise ValueError(
            f"its network is a {_short(kind)}; only DhariwalUNet and SongUNet are known"
        )
    sizes = [said.pop(name, 0) for name in _SIZES]
    fields = zip(_FIELDS.items(), _USUAL[kind], strict=False)
    values = {field: said.pop(name, usual) for (name, field), usual in fields}
    for name, value in said.items():
        if name not in _PASSED_OVER and _FIXED.get(name) != value:
            words = f"{_short(name)[1:-1]}={_short(value)}"
            raise ValueError(f"its network was made with {words}, which is not supported")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    for name, value in (*values.items(), *zip(_SIZES, sizes, strict=True)):
        whole = value if isinstance(value, tuple) else (value,)
        kind_wanted = str if name in ("embedding", "encoder") else int
        many = name in ("channel_mult", "attn_resolutions", "resample_filter")
        if many != isinstance(value, tuple) or any(type(v) is not kind_wanted for v in whole):
            raise ValueError(f"its network was made with {name}={_short(value)}, which makes none")
    channels, resolution, label_dim = sizes
    settings = SongUnet(**values) if kind == "SongUNet" else AdmUnet(**values)
    return settings, (channels, resolution, resolution), label_dim


def _short(value: object) -> str:
    """A value out of a file, as it may stand in a message."""
    return ascii(value)[:80]


def of_shapes(shapes: Shapes) -> Architecture | None:
    """The network that has these tensors, unless some differ; None if it is none of ours."""
    try:
        if "model.hidden.0.weight" in shapes:
            return _mlp(shapes)
        return _unet(shapes)
    except (LookupError, ArithmeticError, ValueError):  # too much is missing to tell
        return None


def _mlp(shapes: Shapes) -> Architecture:
    width, inputs = shapes["model.hidden.0.weight"]
    (dim,) = shapes["model.out.bias"]
    layers = sum(re.fullmatch(r"model\.hidden\.\d+\.weight", key) is not None for key in shapes)
    return Mlp(layers, width, inputs - dim), (dim,), 0


def _unet(shapes: Shapes) -> Architecture:
    first = [re.fullmatch(r"model\.enc\.(\d+)x\1_conv\.weight", key) for key in shapes]
    (resolution,) = [int(found[1]) for found in first if found]
    level = f"{resolution}x{resolution}"
    channels = shapes[f"model.enc.{level}_conv.weight"][1]
    noise_width = shapes["model.map_layer0.weight"][1]
    width = shapes["model.map_layer0.weight"][0] // 4
    label_dim = shapes.get("model.map_label.weight", (0, 0))[1]
    common = (width, *_levels(shapes, resolution, width))
    settings: Model = AdmUnet(*common)
    if f"model.dec.{level}_aux_conv.weight" in shapes:
        filters = [shape[-1] for key, shape in shapes.items() if key.endswith("resample_filter")]
        settings = SongUnet(
            *common,
            "fourier" if "model.map_noise.freqs" in shapes else "positional",
            "residual" if any("_aux_residual." in key for key in shapes) else "standard",
            noise_width // width,
            (1, 3, 3, 1) if 4 in filters else (1, 1),
            shapes.get("model.map_augment.weight", (0, 0))[1],
        )
    return settings, (channels, resolution, resolution), label_dim


def _levels(
    shapes: Shapes, resolution: int, width: int
) -> tuple[tuple[int, ...], int, tuple[int, ...]]:
    """(channel_mult, num_blocks, attn_resolutions) of a U-Net's encoder."""
    mult, attention, blocks = [], [], 0
    while resolution and f"model.enc.{resolution}x{resolution}_block0.conv1.weight" in shapes:
        level = f"model.enc.{resolution}x{resolution}_block"
        mult.append(shapes[f"{level}0.conv1.weight"][0] // width)
        if f"{level}0.qkv.weight" in shapes:
            attention.append(resolution)
        blocks = sum(f"{level}{i}.conv1.weight" in shapes for i in range(len(shapes)))
        resolution //= 2
    return tuple(mult), blocks, tuple(attention)
