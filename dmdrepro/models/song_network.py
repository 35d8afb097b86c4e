"""SongUNet (Song et al. 2021), with the state-dict keys and shapes of EDM's teachers.

No dropout. Residual sums are divided by sqrt(2), so that variances stay.
"""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import nn

from dmdrepro.models.adm import Block
from dmdrepro.models.adm_block import ResidualBlock, group_norm, norm_silu, zeroed
from dmdrepro.models.adm_network import UNet, positional_embedding
from dmdrepro.models.edm import full_precision
from dmdrepro.models.song import SongUnet

SUM_SCALE = math.sqrt(0.5)  # of a sum of two
EPS = 1e-6  # of its normalisations
FOURIER_SCALE = 16.0  # standard deviation of the frequencies, in turns per unit of c_noise


class ResampledConv(nn.Conv2d):
    """Halving or doubling by a filter, and a convolution; halving first, unless `conv_first`."""

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: int,
        way: str,
        taps: tuple[int, ...],
        conv_first: bool = False,
    ) -> None:
        super().__init__(c_in, c_out, kernel)
        self.way, self.conv_first = way, conv_first
        line = torch.tensor(taps, dtype=torch.float32)  # separable, of sum 1: [1, 1, T, T]
        self.register_buffer("resample_filter", (line.outer(line) / line.sum() ** 2)[None, None])

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


class SongBlock(ResidualBlock):
    """Residual block with the noise level (and class) added before the second norm."""

    def __init__(self, block: Block, emb_channels: int, taps: tuple[int, ...]) -> None:
        def resample(kernel: int) -> nn.Module:
            return ResampledConv(block.c_in, block.c_out, kernel, block.resampled, taps)

        super().__init__(block, emb_channels, 1, int(block.attention), resample, EPS)

    def forward(self, x: torch.Tensor, emb: torch.Tensor) -> torch.Tensor:
        """`x`: [B, C_in, H, W]; `emb`: [1 or B, emb_channels]; returns [B, C_out, H', W']."""
        h = self.conv0(norm_silu(self.norm0, x))
        with full_precision(emb):
            shift = self.affine(emb).to(h.dtype)[:, :, None, None]  # [1 or B, C, 1, 1]
        h = self.conv1(norm_silu(self.norm1, h + shift))
        x = SUM_SCALE * (h + (x if self.skip is None else self.skip(x)))
        return SUM_SCALE * (x + self._attention(x)) if self.num_heads else x


class SongNetwork(UNet):
    """The raw network F of images [B, channels, resolution, resolution]."""

    def __init__(self, settings: SongUnet, channels: int, resolution: int, classes: int) -> None:
        super().__init__()
        emb_channels = 4 * settings.width
        self.noise_width = noise_width = settings.width * settings.channel_mult_noise
        self.map_noise = None
        if settings.embedding == "fourier":  # random frequencies, drawn once
            self.map_noise = nn.Module()
            freqs = FOURIER_SCALE * torch.randn(noise_width // 2)
            self.map_noise.register_buffer("freqs", freqs)
        self.map_label = self.map_augment = None
        if classes:
            self.map_label = nn.Linear(classes, noise_width)
        if settings.augment_dim:  # read, saved and not used: sampling has no augmentation
            self.map_augment = nn.Linear(settings.augment_dim, noise_width, bias=False)
        self.map_layer0 = nn.Linear(noise_width, emb_channels)
        self.map_layer1 = nn.Linear(emb_channels, emb_channels)

        self.settings = settings
        cout = self._make_blocks(settings, channels, resolution)
        whole = f"{resolution}x{resolution}"
        self.dec[f"{whole}_aux_norm"] = group_norm(cout, EPS)
        self.dec[f"{whole}_aux_conv"] = zeroed(nn.Conv2d(cout, channels, 3, padding=1))

    def _layers(self, block: Block, channels: int) -> Iterator[tuple[str, nn.Module]]:
        taps = self.settings.resample_filter
        yield block.name, SongBlock(block, 4 * self.settings.width, taps)
        if block.name == "down" and self.settings.encoder == "residual":
            above = [a.out_channels for a in self.enc.values() if isinstance(a, ResampledConv)]
            c_in = above[-1] if above else channels  # of the image as the level above left it
            yield "aux_residual", ResampledConv(c_in, block.c_out, 3, "down", taps, conv_first=True)

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
            x = self._run(layer, x, emb) if isinstance(layer, SongBlock) else layer(x)
            skips.append(x)
        *_, norm, conv = self.dec.values()
        return conv(norm_silu(norm, self._decode(x, skips, emb))), x

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
