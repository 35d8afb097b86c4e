"""The ADM U-Net (Dhariwal & Nichol 2021) with EDM preconditioning: the images' network.

Its state-dict keys and shapes are those of the public EDM ImageNet-64 teacher and DMD2 student.
No dropout and no augmentation embedding (design, section 4).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from dmdrepro.models.adm_block import AdmBlock, Resampling, group_norm, zeroed
from dmdrepro.models.edm import EDMDenoiser
from dmdrepro.models.precision import full_precision


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

    `label_dim`: number of classes (labels one-hot), 0 = unconditional. `width`: base number of
    channels; level i has width * channel_mult[i] channels at resolution / 2^i, with `num_blocks`
    residual blocks going down and one more going up. Levels whose resolution is in
    `attn_resolutions`, and the middle, have attention with heads of 64 channels; a level
    narrower than 64 channels has none. Paper: appendix D. Raises ValueError where the sizes do
    not fit. Initialised from torch's global generator.
    """
    net = AdmUnet(
        resolution, channels, label_dim, width, channel_mult, num_blocks, attn_resolutions
    )
    return EDMDenoiser(net, sigma_data, (channels, resolution, resolution), label_dim)


class AdmUnet(nn.Module):
    """The raw network F; arguments as in `adm_denoiser`."""

    def __init__(
        self,
        resolution: int,
        channels: int,
        label_dim: int,
        width: int,
        channel_mult: tuple[int, ...],
        num_blocks: int,
        attn_resolutions: tuple[int, ...],
    ) -> None:
        super().__init__()
        _check(resolution, channels, label_dim, width, channel_mult, num_blocks)
        self.width = width
        emb_channels = 4 * width
        self.map_layer0 = nn.Linear(width, emb_channels)
        self.map_layer1 = nn.Linear(emb_channels, emb_channels)
        self.map_label = None
        if label_dim:
            self.map_label = nn.Linear(label_dim, emb_channels, bias=False)
            nn.init.normal_(self.map_label.weight)  # a one-hot label becomes N(0, 1) features

        levels = [(resolution >> i, width * mult) for i, mult in enumerate(channel_mult)]
        self.enc = nn.ModuleDict()
        cout, skips = channels, []
        for i, (size, c) in enumerate(levels):
            cin, cout = cout, c
            if i == 0:
                self.enc[f"{size}x{size}_conv"] = nn.Conv2d(cin, cout, 3, padding=1)
            else:
                cout = cin
                self.enc[f"{size}x{size}_down"] = AdmBlock(cin, cin, emb_channels, Resampling.DOWN)
            skips.append(cout)
            for j in range(num_blocks):
                cin, cout = cout, c
                attention = size in attn_resolutions
                self.enc[f"{size}x{size}_block{j}"] = AdmBlock(
                    cin, cout, emb_channels, attention=attention
                )
                skips.append(cout)
        self.feature_shape = (cout, size, size)

        self.dec = nn.ModuleDict()
        for i, (size, c) in reversed(list(enumerate(levels))):
            if i == len(levels) - 1:
                self.dec[f"{size}x{size}_in0"] = AdmBlock(cout, cout, emb_channels, attention=True)
                self.dec[f"{size}x{size}_in1"] = AdmBlock(cout, cout, emb_channels)
            else:
                self.dec[f"{size}x{size}_up"] = AdmBlock(cout, cout, emb_channels, Resampling.UP)
            for j in range(num_blocks + 1):
                cin, cout = cout + skips.pop(), c
                self.dec[f"{size}x{size}_block{j}"] = AdmBlock(
                    cin, cout, emb_channels, attention=size in attn_resolutions
                )
        self.out_norm = group_norm(cout)
        self.out_conv = zeroed(nn.Conv2d(cout, channels, 3, padding=1))

    def forward(
        self, x: torch.Tensor, noise: torch.Tensor, class_labels: torch.Tensor | None = None
    ) -> torch.Tensor:
        """F [B, C, H, W] from c_in x, c_noise [1 or B] and one-hot labels [B, label_dim]."""
        return self.features(x, noise, class_labels)[0]

    def features(
        self, x: torch.Tensor, noise: torch.Tensor, class_labels: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(F, h), h the encoder's deepest output [B, *feature_shape]; arguments as `forward`."""
        emb = self._embedding(noise, class_labels)  # [1 or B, 4 width]
        skips = []
        for layer in self.enc.values():
            x = layer(x, emb) if isinstance(layer, AdmBlock) else layer(x)
            skips.append(x)
        h = x
        for layer in self.dec.values():
            if layer.in_channels != x.shape[1]:
                x = torch.cat([x, skips.pop()], dim=1)
            x = layer(x, emb)
        return self.out_conv(F.silu(self.out_norm(x))), h

    def _embedding(self, noise: torch.Tensor, class_labels: torch.Tensor | None) -> torch.Tensor:
        """[1 or B, 4 width], float32 also under autocast, as in the public code."""
        with full_precision(noise):
            emb = positional_embedding(noise, self.width)
            emb = self.map_layer1(F.silu(self.map_layer0(emb)))
            if self.map_label is not None:
                emb = emb + self.map_label(class_labels)
            return F.silu(emb)


def positional_embedding(noise: torch.Tensor, features: int) -> torch.Tensor:
    """[B, features] cosines, then sines, of `noise` [B] at frequencies 10000^(-2i/features)."""
    half = features // 2
    i = torch.arange(half, dtype=torch.float32, device=noise.device)
    angles = noise[:, None] * torch.exp(-math.log(10000) / half * i)
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def _check(
    resolution: int,
    channels: int,
    label_dim: int,
    width: int,
    channel_mult: tuple[int, ...],
    num_blocks: int,
) -> None:
    halvings = len(channel_mult) - 1
    if halvings < 0 or min(channel_mult) < 1:
        raise ValueError(f"channel_mult is {channel_mult}; give one positive number per level.")
    if resolution < 1 or resolution % 2**halvings:
        raise ValueError(
            f"resolution {resolution} cannot be halved {halvings} times; "
            "choose a multiple of 2^(levels - 1) or fewer levels in channel_mult."
        )
    if min(channels, num_blocks) < 1 or label_dim < 0:
        raise ValueError(
            f"channels is {channels}, num_blocks {num_blocks}, label_dim {label_dim}; "
            "the first two must be at least 1, label_dim at least 0."
        )
    if width < 4 or width % 4:
        raise ValueError(f"width is {width}; it must be a positive multiple of 4.")
