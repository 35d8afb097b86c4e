"""The ADM U-Net's residual block: adaptive group normalisation, resampling, self-attention.

Dhariwal & Nichol 2021, in the layout of the EDM teachers, so that their weights load by name.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from dmdrepro.kernels import backend, group_norm_silu
from dmdrepro.models.adm import Block, norm_groups
from dmdrepro.models.edm import full_precision

HEAD_WIDTH = 64  # channels of one attention head


def group_norm(channels: int, eps: float = 1e-5) -> nn.GroupNorm:
    """Group normalisation as `norm_groups` has it; raises ConfigError as that does."""
    return nn.GroupNorm(norm_groups(channels), channels, eps)


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

    The filter is kept as a buffer because the public checkpoints have it.
    """

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.register_buffer("resample_filter", torch.full((1, 1, 2, 2), 0.25))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return resampled(x, self.way)


class ResampledConv(nn.Conv2d):
    """Resampling as `Resample`'s, then a 3x3 convolution."""

    def __init__(self, c_in: int, c_out: int, way: str) -> None:
        super().__init__(c_in, c_out, 3, padding=1)
        self.way = way
        self.register_buffer("resample_filter", torch.full((1, 1, 2, 2), 0.25))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(resampled(x, self.way))


def resampled(x: torch.Tensor, way: str) -> torch.Tensor:
    """The box filter's sums: means of 2x2 pixels, or each pixel repeated 2x2 times."""
    if way == "down":
        return F.avg_pool2d(x, 2)  # [B, C, H/2, W/2]
    return F.interpolate(x, scale_factor=2, mode="nearest")  # [B, C, 2H, 2W]


class ResidualBlock(nn.Module):
    """What a U-Net's residual blocks share; it may end with self-attention."""

    def __init__(
        self,
        block: Block,
        emb_channels: int,
        told: int,
        heads: int,
        resample: Callable[[int], nn.Module],
        eps: float = 1e-5,
    ) -> None:
        """`told`: numbers that the embedding tells each channel; `heads`: of the attention, or 0.

        `resample(kernel)`: makes the layer that resamples, of the branch (3) or beside it (1).
        """
        super().__init__()
        c_in, c_out = block.c_in, block.c_out
        self.in_channels, self.num_heads, self.skip = c_in, heads, None
        self.norm0 = group_norm(c_in, eps)
        if block.resampled:
            self.conv0 = resample(3)
        else:
            self.conv0 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.affine = nn.Linear(emb_channels, told * c_out)
        self.norm1 = group_norm(c_out, eps)
        self.conv1 = zeroed(nn.Conv2d(c_out, c_out, 3, padding=1))
        if block.resampled:
            self.skip = resample(1)
        elif c_in != c_out:
            self.skip = nn.Conv2d(c_in, c_out, 1)
        if heads:
            self.norm2 = group_norm(c_out, eps)
            self.qkv = nn.Conv2d(c_out, 3 * c_out, 1)
            self.proj = zeroed(nn.Conv2d(c_out, c_out, 1))

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


class AdmBlock(ResidualBlock):
    """Residual block with the noise level (and class) as scale and shift after the second norm."""

    def __init__(self, block: Block, emb_channels: int) -> None:
        def resample(kernel: int) -> nn.Module:
            if kernel == 1:
                return Resample(block.resampled)
            return ResampledConv(block.c_in, block.c_out, block.resampled)

        # As in the reference, a layer narrower than one head has no attention.
        heads = block.c_out // HEAD_WIDTH if block.attention else 0
        super().__init__(block, emb_channels, 2, heads, resample)

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
