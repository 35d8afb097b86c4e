"""SongUNet (Song et al. 2021), with the state-dict keys and shapes of EDM's teachers.

No dropout. Residual sums are divided by sqrt(2), so that variances stay.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from dmdrepro.models.adm import norm_groups
from dmdrepro.models.adm_block import AttentionBlock, norm_silu, zeroed
from dmdrepro.models.adm_network import positional_embedding
from dmdrepro.models.edm import RawNetwork, full_precision
from dmdrepro.models.song import SongUnet

SUM_SCALE = math.sqrt(0.5)  # of a sum of two
FOURIER_SCALE = 16.0  # standard deviation of the frequencies, in turns per unit of c_noise


class ResampledConv(nn.Module):
    """Halving or doubling by a filter, and a convolution; halving first, unless `conv_first`."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        way: str,
        taps: tuple[int, ...],
        conv_first: bool = False,
    ) -> None:
        super().__init__()
        conv = nn.Conv2d(in_channels, out_channels, kernel)
        self.weight, self.bias = conv.weight, conv.bias
        self.way, self.conv_first = way, conv_first
        self.register_buffer("resample_filter", filter_2d(taps))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        border = (self.resample_filter.shape[-1] - 1) // 2
        same = self.weight.shape[-1] // 2  # the padding that keeps the resolution
        if self.conv_first:
            return self._resample(F.conv2d(x, self.weight, self.bias, padding=same + border), 0)
        return F.conv2d(self._resample(x, border), self.weight, self.bias, padding=same)

    def _resample(self, x: torch.Tensor, padding: int) -> torch.Tensor:
        channels = x.shape[1]
        kernel = self.resample_filter.to(x.dtype).expand(channels, -1, -1, -1)
        if self.way == "down":
            return F.conv2d(x, kernel, stride=2, padding=padding, groups=channels)
        return F.conv_transpose2d(x, 4 * kernel, stride=2, padding=padding, groups=channels)


class SongBlock(AttentionBlock):
    """Residual block with the noise level (and class) added before the second norm."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        emb_channels: int,
        resampled: str,
        attend: bool,
        taps: tuple[int, ...],
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.norm0 = group_norm(in_channels)
        if resampled:
            self.conv0 = ResampledConv(in_channels, out_channels, 3, resampled, taps)
        else:
            self.conv0 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.affine = nn.Linear(emb_channels, out_channels)
        self.norm1 = group_norm(out_channels)
        self.conv1 = zeroed(nn.Conv2d(out_channels, out_channels, 3, padding=1))
        self.skip = None
        if resampled:
            self.skip = ResampledConv(in_channels, out_channels, 1, resampled, taps)
        elif in_channels != out_channels:
            self.skip = nn.Conv2d(in_channels, out_channels, 1)
        self._add_attention(group_norm, out_channels, int(attend))

    def forward(self, x: torch.Tensor, emb: torch.Tensor) -> torch.Tensor:
        """`x`: [B, C_in, H, W]; `emb`: [1 or B, emb_channels]; returns [B, C_out, H', W']."""
        h = self.conv0(norm_silu(self.norm0, x))
        with full_precision(emb):
            shift = self.affine(emb).to(h.dtype)[:, :, None, None]  # [1 or B, C, 1, 1]
        h = self.conv1(norm_silu(self.norm1, h + shift))
        x = SUM_SCALE * (h + (x if self.skip is None else self.skip(x)))
        return SUM_SCALE * (x + self._attention(x)) if self.num_heads else x


class FourierFrequencies(nn.Module):
    """The random frequencies of NCSN++'s embedding: a buffer, fixed when the network is made."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("freqs", FOURIER_SCALE * torch.randn(features // 2))


class SongNetwork(RawNetwork):
    """The raw network F of images [B, channels, resolution, resolution]."""

    def __init__(self, settings: SongUnet, channels: int, resolution: int, classes: int) -> None:
        super().__init__()
        emb_channels = 4 * settings.width
        self.noise_width = noise_width = settings.width * settings.channel_mult_noise
        self.map_noise = None
        if settings.embedding == "fourier":
            self.map_noise = FourierFrequencies(noise_width)
        self.map_label = self.map_augment = None
        if classes:
            self.map_label = nn.Linear(classes, noise_width)
        if settings.augment_dim:  # read, saved and not used: sampling has no augmentation
            self.map_augment = nn.Linear(settings.augment_dim, noise_width, bias=False)
        self.map_layer0 = nn.Linear(noise_width, emb_channels)
        self.map_layer1 = nn.Linear(emb_channels, emb_channels)

        taps = settings.resample_filter
        cout, aux = settings.stem, channels  # channels of the last block; of the halved image
        self.enc, self.dec = nn.ModuleDict(), nn.ModuleDict()
        whole = f"{resolution}x{resolution}"
        self.enc[f"{whole}_conv"] = nn.Conv2d(channels, cout, 3, padding=1)
        for block in settings.blocks(resolution):
            cout, level = block.c_out, f"{block.resolution}x{block.resolution}"
            getattr(self, block.place)[f"{level}_{block.name}"] = SongBlock(
                block.c_in, cout, emb_channels, block.resampled, block.attention, taps
            )
            if block.name == "down" and settings.encoder == "residual":
                self.enc[f"{level}_aux_residual"] = ResampledConv(
                    aux, cout, 3, "down", taps, conv_first=True
                )
                aux = cout
            if block.place == "enc":
                self.feature_shape = (cout, block.resolution, block.resolution)
        self.dec[f"{whole}_aux_norm"] = group_norm(cout)
        self.dec[f"{whole}_aux_conv"] = zeroed(nn.Conv2d(cout, channels, 3, padding=1))

    def features(
        self, x: torch.Tensor, noise: torch.Tensor, class_labels: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(F, h), h the encoder's deepest output [B, *feature_shape]; arguments as `forward`."""
        emb = self._embedding(noise, class_labels)  # [1 or B, 4 width]
        image, skips = x, []
        for layer in self.enc.values():
            if isinstance(layer, ResampledConv):
                x = image = skips[-1] = SUM_SCALE * (x + layer(image))
                continue
            x = layer(x, emb) if isinstance(layer, SongBlock) else layer(x)
            skips.append(x)
        h = x
        *blocks, norm, conv = self.dec.values()
        for block in blocks:
            if block.in_channels != x.shape[1]:
                x = torch.cat([x, skips.pop()], dim=1)
            x = block(x, emb)
        return conv(norm_silu(norm, x)), h

    def rounded_layers(self) -> dict[str, nn.Module]:
        """All convolutions; the linear layers embed noise level and class, in float32."""
        kinds = (nn.Conv2d, ResampledConv)
        return {name: layer for name, layer in self.named_modules() if isinstance(layer, kinds)}

    def _embedding(self, noise: torch.Tensor, class_labels: torch.Tensor | None) -> torch.Tensor:
        """[1 or B, 4 width], float32 also under autocast."""
        with full_precision(noise):
            if self.map_noise is None:
                emb = positional_embedding(noise, self.noise_width, last=True)
            else:
                angles = noise[:, None] * (2 * math.pi * self.map_noise.freqs)
                emb = torch.cat([angles.cos(), angles.sin()], dim=1)
            emb = emb.roll(self.noise_width // 2, dims=1)  # sines first
            if self.map_label is not None:
                emb = emb + self.map_label(class_labels * math.sqrt(class_labels.shape[1]))
            return F.silu(self.map_layer1(F.silu(self.map_layer0(emb))))


def group_norm(channels: int) -> nn.GroupNorm:
    """As the ADM's but for its epsilon."""
    return nn.GroupNorm(norm_groups(channels), channels, eps=1e-6)


def filter_2d(taps: tuple[int, ...]) -> torch.Tensor:
    """The separable filter of these taps, [1, 1, T, T], of sum 1."""
    line = torch.tensor(taps, dtype=torch.float32)
    return (line.outer(line) / line.sum() ** 2)[None, None]
