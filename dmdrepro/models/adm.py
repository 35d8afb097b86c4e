"""The settings of the images' network: the ADM U-Net (Dhariwal & Nichol 2021; appendix D)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmdrepro.models.mlp import DEEPEST
from dmdrepro.models.model import Cost, Model, require_layer
from dmdrepro.settings import are_counts, require, require_count

if TYPE_CHECKING:
    from dmdrepro.models.adm_network import AdmNetwork
    from dmdrepro.models.edm import EDMDenoiser

MAX_GROUPS = 32
MIN_GROUP_WIDTH = 4  # channels of one normalisation group, at least


@dataclass(frozen=True)
class Block:
    """One residual block of the U-Net; `attention`: whether its level asks for it."""

    place: str  # "enc" or "dec"
    name: str  # there: `down`, `up`, `in0`, `in1` or `block0`, ...
    c_in: int
    c_out: int
    resolution: int
    attention: bool = False

    @property
    def resampled(self) -> str:
        """ "down", "up", or "" if the resolution stays."""
        return self.name if self.name in ("down", "up") else ""


@dataclass(frozen=True)
class AdmUnet(Model):
    """The ADM U-Net of square images, at the paper's MNIST size (appendix D).

    Level i has width * channel_mult[i] channels at resolution / 2^i, with `num_blocks` residual
    blocks going down and one more going up. Levels whose resolution is in `attn_resolutions`, and
    the middle, have attention with heads of 64 channels, unless they are narrower.
    """

    width: int = 64
    channel_mult: tuple[int, ...] = (1, 2, 3, 4)
    num_blocks: int = 3
    attn_resolutions: tuple[int, ...] = (32, 16, 8)

    every_block_attends = True  # of such a level; else all of the encoder's, the decoder's last

    def __post_init__(self) -> None:
        require_count("model.width", self.width)
        require(self.width % 4 == 0, f"model.width is {self.width}; it must be a multiple of 4.")
        require(
            bool(self.channel_mult) and are_counts(self.channel_mult),
            f"model.channel_mult is {_listed(self.channel_mult)}; "
            "give one positive number for each level.",
        )
        require_count("model.num_blocks", self.num_blocks, most=DEEPEST)
        require(
            are_counts(self.attn_resolutions),
            f"model.attn_resolutions is {_listed(self.attn_resolutions)}; "
            "resolutions are positive whole numbers (leave it empty for no attention).",
        )

    @property
    def stem(self) -> int:
        """Channels of the first convolution."""
        return self.width * self.channel_mult[0]

    def blocks(self, resolution: int) -> Iterator[Block]:
        """The residual blocks in order, for images that can be halved as often as is asked."""
        levels = [(resolution >> i, self.width * m) for i, m in enumerate(self.channel_mult)]
        channels = self.stem
        skips = [channels]
        for i, (size, c) in enumerate(levels):
            if i:
                yield Block("enc", "down", channels, channels, size)
                skips.append(channels)
            attention = size in self.attn_resolutions
            for j in range(self.num_blocks):
                yield Block("enc", f"block{j}", channels, c, size, attention)
                channels = c
                skips.append(channels)
        for i, (size, c) in reversed(list(enumerate(levels))):
            if i == len(levels) - 1:
                yield Block("dec", "in0", channels, channels, size, attention=True)
                yield Block("dec", "in1", channels, channels, size)
            else:
                yield Block("dec", "up", channels, channels, size)
            for j in range(self.num_blocks + 1):
                attention = size in self.attn_resolutions
                attention &= self.every_block_attends or j == self.num_blocks
                yield Block("dec", f"block{j}", channels + skips.pop(), c, size, attention)
                channels = c

    def check(self, shape: tuple[int, ...]) -> None:
        """Raises ConfigError if the network cannot be built for samples of this shape."""
        require(
            len(shape) == 3 and shape[1] == shape[2] and are_counts(shape),
            f"the U-Net takes square images, and one sample has shape {shape}.",
        )
        resolution, halvings = shape[-1], len(self.channel_mult) - 1
        require(
            halvings < resolution.bit_length() and resolution % 2**halvings == 0,
            f"model.channel_mult has {halvings + 1} levels, but images of {resolution} pixels "
            f"cannot be halved {halvings} times; give fewer levels or another data.resolution.",
        )
        for block in self.blocks(resolution):
            norm_groups(block.c_in)
            norm_groups(block.c_out)
            require_layer(self.width, 9 * block.c_in * block.c_out)

    def network(self, shape: tuple[int, ...], classes: int) -> AdmNetwork:
        from dmdrepro.models.adm_network import AdmNetwork

        return AdmNetwork(self, shape[0], shape[1], classes)

    def cost(self, shape: tuple[int, ...], classes: int = 0) -> Cost:
        """Counted without loading torch, which takes longer than the rest of a dry run."""
        channels, resolution, _ = shape
        embedding = 4 * self.width
        ends = 2 * 9 * channels * self.width * self.channel_mult[0]
        parameters = ends + embedding * (self.width + embedding)
        flops, activations = 0.0, 0.0
        for block in self.blocks(resolution):
            c_in, c_out, pixels = block.c_in, block.c_out, block.resolution**2
            weights = 9 * c_in * c_out + 9 * c_out * c_out + (c_in * c_out if c_in != c_out else 0)
            if block.attention:
                weights += 4 * c_out * c_out
                flops += 4.0 * pixels**2 * c_out
            parameters += weights + 2 * embedding * c_out
            flops += 2.0 * weights * pixels
            activations += 8.0 * c_out * pixels
        return Cost(parameters, flops, activations)


def adm_denoiser(
    resolution: int,
    channels: int,
    label_dim: int,
    width: int,
    channel_mult: tuple[int, ...],
    num_blocks: int,
    attn_resolutions: tuple[int, ...],
    sigma_data: float = 0.5,
) -> EDMDenoiser:
    """The denoiser of square images [B, channels, resolution, resolution] in about [-1, 1].

    `label_dim`: number of classes (labels one-hot), 0 = unconditional; the others are fields of
    `AdmUnet`. Raises ValueError for sizes that do not fit.
    """
    settings = AdmUnet(width, channel_mult, num_blocks, attn_resolutions)
    return settings.make((channels, resolution, resolution), label_dim, sigma_data)


def norm_groups(channels: int) -> int:
    """A layer's normalisation groups: at most 32, of at least 4 channels; ConfigError if none."""
    groups = min(MAX_GROUPS, channels // MIN_GROUP_WIDTH)
    require(
        groups > 0 and channels % groups == 0,
        f"a layer of {channels} channels cannot be normalised in groups; choose model.width and "
        "channel_mult so that the channels of each layer, and their sums in the decoder, are "
        "multiples of 4 (of 32 above 128).",
    )
    return groups


def _listed(numbers: object) -> str:
    if not isinstance(numbers, list | tuple):
        return repr(numbers)
    return ",".join(map(str, numbers)) or "empty"
