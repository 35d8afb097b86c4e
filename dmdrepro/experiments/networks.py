"""Which network: the MLP and the ADM U-Net, refusing what the networks themselves would refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dmdrepro.experiments.refusal import LARGEST, require, require_count

DEEPEST = 1000  # layers, or blocks of a level: a network that is made one layer at a time


@dataclass(frozen=True)
class Mlp:
    """The toys' network: 5 hidden layers of 384, 32-dimensional Fourier time embedding (app. D)."""

    hidden_layers: int = 5
    width: int = 384
    time_features: int = 32

    def __post_init__(self) -> None:
        require_count("model.hidden_layers", self.hidden_layers)
        require(
            self.hidden_layers <= DEEPEST,
            f"model.hidden_layers is {self.hidden_layers}; it must be at most {DEEPEST}.",
        )
        require_count("model.width", self.width)
        require(
            2 <= self.time_features <= LARGEST and self.time_features % 2 == 0,
            f"model.time_features is {self.time_features}; it must be even (sine and cosine), "
            "2 or more.",
        )

    def check(self, shape: tuple[int, ...]) -> None:
        """Raises ConfigError where samples of this shape make a layer too large for any memory."""
        widest_input = max(self.width, shape[0] + self.time_features)
        _require_layer(self.width, self.width * widest_input)


@dataclass(frozen=True)
class Block:
    """One residual block of the U-Net; `attention`: whether its level asks for it."""

    c_in: int
    c_out: int
    resolution: int
    attention: bool = False


@dataclass(frozen=True)
class AdmUnet:
    """The images' network: the ADM U-Net at the paper's MNIST size (appendix D)."""

    width: int = 64
    channel_mult: tuple[int, ...] = (1, 2, 3, 4)
    num_blocks: int = 3
    attn_resolutions: tuple[int, ...] = (32, 16, 8)

    def __post_init__(self) -> None:
        require_count("model.width", self.width)
        require(self.width % 4 == 0, f"model.width is {self.width}; it must be a multiple of 4.")
        require(
            bool(self.channel_mult) and all(1 <= m <= LARGEST for m in self.channel_mult),
            f"model.channel_mult is {_listed(self.channel_mult)}; "
            "give one positive number for each level.",
        )
        require_count("model.num_blocks", self.num_blocks)
        require(
            self.num_blocks <= DEEPEST,
            f"model.num_blocks is {self.num_blocks}; it must be at most {DEEPEST}.",
        )
        require(
            all(resolution >= 1 for resolution in self.attn_resolutions),
            f"model.attn_resolutions is {_listed(self.attn_resolutions)}; "
            "resolutions are positive (leave it empty for no attention).",
        )

    def blocks(self, resolution: int) -> Iterator[Block]:
        """The residual blocks in order, for images that can be halved as often as is asked."""
        levels = [(resolution >> i, self.width * m) for i, m in enumerate(self.channel_mult)]
        channels = self.width * self.channel_mult[0]  # of the first convolution
        skips = [channels]
        for i, (size, c) in enumerate(levels):
            if i:
                yield Block(channels, channels, size)
                skips.append(channels)
            for _ in range(self.num_blocks):
                yield Block(channels, c, size, size in self.attn_resolutions)
                channels = c
                skips.append(channels)
        for i, (size, c) in reversed(list(enumerate(levels))):
            bottom = i == len(levels) - 1
            yield Block(channels, channels, size, bottom)
            if bottom:
                yield Block(channels, channels, size)
            for _ in range(self.num_blocks + 1):
                yield Block(channels + skips.pop(), c, size, size in self.attn_resolutions)
                channels = c

    def check(self, shape: tuple[int, ...]) -> None:
        """Raises ConfigError where the network cannot be built for samples of this shape."""
        resolution, halvings = shape[-1], len(self.channel_mult) - 1
        require(
            halvings < resolution.bit_length() and resolution % 2**halvings == 0,
            f"model.channel_mult has {halvings + 1} levels, but images of {resolution} pixels "
            f"cannot be halved {halvings} times; give fewer levels or another data.resolution.",
        )
        for block in self.blocks(resolution):
            for channels in (block.c_in, block.c_out):
                # As group_norm in models/adm_block.py: at most 32 groups of at least 4 channels.
                groups = min(32, channels // 4)
                require(
                    groups > 0 and channels % groups == 0,
                    f"model.width={self.width} with channel_mult={_listed(self.channel_mult)} "
                    f"makes a layer of {channels} channels, which cannot be normalised in groups; "
                    "channels, and their sums where the decoder reads the encoder's, must be "
                    "multiples of 4 (of 32 above 128).",
                )
            _require_layer(self.width, 9 * block.c_in * block.c_out)


Model = Mlp | AdmUnet


def _require_layer(width: int, weights: int) -> None:
    require(
        weights <= LARGEST,
        f"model.width={width} makes a layer of {weights:,} weights; at most {LARGEST:,} are "
        "possible.",
    )


def _listed(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers)) or "empty"
