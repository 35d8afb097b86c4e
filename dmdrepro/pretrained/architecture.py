"""Which network a file's tensors belong to: by their names and shapes alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dmdrepro.models import AdmUnet, Mlp, Model

Shapes = Mapping[str, tuple[int, ...]]
# (network's settings, shape of one sample, number of classes)
Architecture = tuple[Model, tuple[int, ...], int]


def of_shapes(shapes: Shapes) -> Architecture | None:
    """The network that has these tensors, unless some differ; None if it is none of ours."""
    try:
        if "model.hidden.0.weight" in shapes:
            return _mlp(shapes)
        if "model.out_conv.weight" in shapes:
            return _adm(shapes)
    except (KeyError, IndexError, ZeroDivisionError):
        pass  # too much is missing to tell
    return None


def _mlp(shapes: Shapes) -> Architecture:
    width, inputs = shapes["model.hidden.0.weight"]
    (dim,) = shapes["model.out.bias"]
    layers = sum(re.fullmatch(r"model\.hidden\.\d+\.weight", key) is not None for key in shapes)
    return Mlp(layers, width, inputs - dim), (dim,), 0


def _adm(shapes: Shapes) -> Architecture:
    first = [re.fullmatch(r"model\.enc\.(\d+)x\1_conv\.weight", key) for key in shapes]
    (resolution,) = [int(found[1]) for found in first if found]
    channels = shapes[f"model.enc.{resolution}x{resolution}_conv.weight"][1]
    width = shapes["model.map_layer0.weight"][1]
    mult, blocks, attention = levels(shapes, resolution, width)
    label_dim = shapes.get("model.map_label.weight", (0, 0))[1]
    return AdmUnet(width, mult, blocks, attention), (channels, resolution, resolution), label_dim


def levels(
    shapes: Shapes, resolution: int, width: int
) -> tuple[tuple[int, ...], int, tuple[int, ...]]:
    """(channel_mult, num_blocks, attn_resolutions) of a U-Net's encoder."""
    mult, attention, blocks = [], [], 0
    while f"model.enc.{resolution}x{resolution}_block0.conv1.weight" in shapes:
        level = f"model.enc.{resolution}x{resolution}_block"
        mult.append(shapes[f"{level}0.conv1.weight"][0] // width)
        if f"{level}0.qkv.weight" in shapes:
            attention.append(resolution)
        blocks = sum(f"{level}{i}.conv1.weight" in shapes for i in range(len(shapes)))
        resolution //= 2
    return tuple(mult), blocks, tuple(attention)
