"""The ADM U-Net's residual block: adaptive group normalisation, resampling, self-attention.

Dhariwal & Nichol 2021, in the layout of the EDM teachers, so that their weights load by name.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from dmdrepro.kernels import backend, group_norm_silu
from dmdrepro.models.adm import norm_groups
from dmdrepro.models.edm import full_precision

HEAD_WIDTH = 64  # channels of one attention head


def group_norm(channels: int) -> nn.GroupNorm:
    """Group normalisation as `norm_groups` has it; raises ConfigError as that does."""
    return nn.GroupNorm(norm_groups(channels), channels)


@torch.compiler.assume_constant_result  # its condition cannot be traced
def by_kernel(device: torch.device) -> bool:
    """Whether normalisation, scale, shift and SILU are one kernel: on a GPU with Triton."""
    return backend(device) == "triton"


def norm_silu(
    norm: nn.GroupNorm, x: torch.Tensor, both: torch.Tensor | None = None, *, silu: bool = True
) -> torch.Tensor:
    """silu(norm(x) (scale + 1) + shift); `both`: scale beside shift [1 or B, 2 C], float32.

    In the activations' precision, as the public code does; the kernel computes in float32.
    """
    if by_kernel(x.device):
        scale, shift = (None, None) if both is None else both.chunk(2, dim=1)
        weights = norm.weight, norm.bias, norm.num_groups, norm.eps
        return group_norm_silu(x, *weights, scale, shift, silu=silu)
    h = norm(x)
    if both is not None:
        scale, shift = both.to(h.dtype)[:, :, None, None].chunk(2, dim=1)  # [1 or B, C, 1, 1]
        h = torch.addcmul(shift, h, scale + 1)
    return F.silu(h) if silu else h


class Resample(nn.Module):
    """Halve ("down") or double ("up") the resolution by the 2x2 box filter.

    Averaging 2x2 pixels and repeating each pixel 2x2 times are the same sums. The filter is kept as
    a buffer because the public checkpoints have it.
    """

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.register_buffer("resample_filter", torch.full((1, 1, 2, 2), 0.25))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.way == "down":
            return F.avg_pool2d(x, 2)  # [B, C, H/2, W/2]
        return F.interpolate(x, scale_factor=2, mode="nearest")  # [B, C, 2H, 2W]


class ResampledConv(Resample):
    """Resampling, then a 3x3 convolution."""

    def __init__(self, in_channels: int, out_channels: int, way: str) -> None:
        super().__init__(way)
        conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.weight, self.bias = conv.weight, conv.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(super().forward(x), self.weight, self.bias, padding=1)


class AttentionBlock(nn.Module):
    """The self-attention that a residual block may end with."""

    def _add_attention(self, norm: Callable, channels: int, heads: int) -> None:
        self.num_heads = heads
        if heads:
            self.norm2 = norm(channels)
            self.qkv = nn.Conv2d(channels, 3 * channels, 1)
            self.proj = zeroed(nn.Conv2d(channels, channels, 1))

    def _attention(self, x: torch.Tensor) -> torch.Tensor:
        batch, channels, height, width = x.shape
        width_of_head = channels // self.num_heads
        tokens = norm_silu(self.norm2, x, silu=False).flatten(2).transpose(1, 2)  # [B, HW, C]
        # The public weights order the output channels (head, channel, which of q, k, v). With
        # "which" first q, k and v have unit stride, as the fused attentions need.
        order = (self.num_heads, width_of_head, 3)
        weight = self.qkv.weight.reshape(*order, channels).permute(2, 0, 1, 3)
        bias = self.qkv.bias.reshape(order).permute(2, 0, 1)
        qkv = F.linear(tokens, weight.reshape(3 * channels, channels), bias.reshape(-1))
        qkv = qkv.reshape(batch, height * width, 3, self.num_heads, width_of_head)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each [B, heads, HW, width_of_head]
        a = F.scaled_dot_product_attention(q, k, v)
        a = a.transpose(1, 2).reshape(batch, height * width, channels)
        a = F.linear(a, self.proj.weight[:, :, 0, 0], self.proj.bias)  # [B, HW, C]
        return a.transpose(1, 2).reshape(x.shape)


class AdmBlock(AttentionBlock):
    """Residual block with the noise level (and class) as scale and shift after the second norm."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        emb_channels: int,
        resampled: str = "",
        attention: bool = False,
    ) -> None:
        """`resampled`: "down", "up" or "", for a block that keeps the resolution."""
        super().__init__()
        self.in_channels, self.out_channels = in_channels, out_channels
        self.norm0 = group_norm(in_channels)
        if resampled:
            self.conv0 = ResampledConv(in_channels, out_channels, resampled)
        else:
            self.conv0 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.affine = nn.Linear(emb_channels, 2 * out_channels)
        self.norm1 = group_norm(out_channels)
        self.conv1 = zeroed(nn.Conv2d(out_channels, out_channels, 3, padding=1))
        self.skip = Resample(resampled) if resampled else None
        if not resampled and in_channels != out_channels:
            self.skip = nn.Conv2d(in_channels, out_channels, 1)
        # As in the reference, a layer narrower than one head has no attention.
        heads = out_channels // HEAD_WIDTH if attention else 0
        self._add_attention(group_norm, out_channels, heads)

    def forward(self, x: torch.Tensor, emb: torch.Tensor) -> torch.Tensor:
        """`x`: [B, C_in, H, W]; `emb`: [1 or B, emb_channels]; returns [B, C_out, H', W']."""
        h = self.conv0(norm_silu(self.norm0, x))
        with full_precision(emb):
            both = self.affine(emb)  # [1 or B, 2 C_out]: scale and shift
        h = norm_silu(self.norm1, h, both)
        x = self.conv1(h) + (x if self.skip is None else self.skip(x))
        return x + self._attention(x) if self.num_heads else x


def zeroed(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer with zero weights and bias: a residual branch that starts as nothing."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
