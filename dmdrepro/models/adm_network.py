"""The ADM U-Net (Dhariwal & Nichol 2021), block by block as its settings list them.

Its state-dict keys and shapes are those of the public EDM ImageNet-64 teacher and DMD2 student.
No dropout and no augmentation embedding (docs/choices.md).
"""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from dmdrepro.models.adm import AdmUnet, Block
from dmdrepro.models.adm_block import AdmBlock, ResidualBlock, group_norm, norm_silu, zeroed
from dmdrepro.models.edm import RawNetwork, full_precision


class UNet(RawNetwork):
    """A network of the residual blocks that its settings list.

    `checkpointed` may be set at any time: a block's activations are then not kept for the backward
    pass, which computes them again, to the same bits.
    """

    checkpointed = False

    def _make_blocks(self, settings: AdmUnet, channels: int, resolution: int) -> int:
        """Encoder and decoder for images of so many channels; returns the last block's channels."""
        self.enc, self.dec = nn.ModuleDict(), nn.ModuleDict()
        stem = nn.Conv2d(channels, settings.stem, 3, padding=1)
        self.enc[f"{resolution}x{resolution}_conv"] = stem
        for block in settings.blocks(resolution):
            size = block.resolution
            for name, layer in self._layers(block, channels):
                getattr(self, block.place)[f"{size}x{size}_{name}"] = layer
            if block.place == "enc":
                self.feature_shape = (block.c_out, size, size)
        return block.c_out

    def _layers(self, block: Block, channels: int) -> Iterator[tuple[str, nn.Module]]:
        """(name, layer) of a block and of what comes with it; `channels`: of the images."""
        raise NotImplementedError

    def _decode(self, x: torch.Tensor, skips: list, emb: torch.Tensor) -> torch.Tensor:
        """The decoder's blocks from the encoder's deepest output."""
        for block in self.dec.values():
            if isinstance(block, ResidualBlock):
                if block.in_channels != x.shape[1]:
                    x = torch.cat([x, skips.pop()], dim=1)
                x = self._run(block, x, emb)
        return x

    def _run(self, block: ResidualBlock, x: torch.Tensor, emb: torch.Tensor) -> torch.Tensor:
        if not (self.checkpointed and torch.is_grad_enabled()):
            return block(x, emb)
        # Without the state of random numbers: none is drawn, and a CUDA graph cannot hold it.
        return checkpoint(block, x, emb, use_reentrant=False, preserve_rng_state=False)

    def rounded_layers(self) -> dict[str, nn.Module]:
        """All convolutions; the linear layers embed noise level and class, in float32."""
        return {name: layer for name, layer in self.named_modules() if isinstance(layer, nn.Conv2d)}


class AdmNetwork(UNet):
    """The raw network F of images [B, channels, resolution, resolution]."""

    def __init__(self, settings: AdmUnet, channels: int, resolution: int, classes: int) -> None:
        super().__init__()
        self.width = width = settings.width
        emb_channels = 4 * width
        self.map_layer0 = nn.Linear(width, emb_channels)
        self.map_layer1 = nn.Linear(emb_channels, emb_channels)
        self.map_label = None
        if classes:
            self.map_label = nn.Linear(classes, emb_channels, bias=False)
            if not self.map_label.weight.is_meta:  # on meta tensors torch would load its compiler
                nn.init.normal_(self.map_label.weight)  # one-hot labels become N(0, 1) features

        cout = self._make_blocks(settings, channels, resolution)
        self.out_norm = group_norm(cout)
        self.out_conv = zeroed(nn.Conv2d(cout, channels, 3, padding=1))

    def _layers(self, block: Block, channels: int) -> Iterator[tuple[str, nn.Module]]:
        yield block.name, AdmBlock(block, 4 * self.width)

    def features(
        self, x: torch.Tensor, noise: torch.Tensor, class_labels: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(F, h), h the encoder's deepest output [B, *feature_shape]; arguments as `forward`."""
        emb = self._embedding(noise, class_labels)  # [1 or B, 4 width]
        skips = []
        for layer in self.enc.values():
            x = self._run(layer, x, emb) if isinstance(layer, AdmBlock) else layer(x)
            skips.append(x)
        return self.out_conv(norm_silu(self.out_norm, self._decode(x, skips, emb))), x

    def _embedding(self, noise: torch.Tensor, class_labels: torch.Tensor | None) -> torch.Tensor:
        """[1 or B, 4 width], float32 also under autocast, as in the public code."""
        with full_precision(noise):
            emb = positional_embedding(noise, self.width)
            emb = self.map_layer1(F.silu(self.map_layer0(emb)))
            if self.map_label is not None:
                emb = emb + self.map_label(class_labels)
            return F.silu(emb)


def positional_embedding(noise: torch.Tensor, features: int, last: bool = False) -> torch.Tensor:
    """[B, features] cosines, then sines, at 10000^(-2i/features); `last`: 1/10000 is the lowest."""
    half = features // 2
    i = torch.arange(half, dtype=torch.float32, device=noise.device)
    angles = noise[:, None] * torch.exp(-math.log(10000) / (half - last) * i)
    return torch.cat([angles.cos(), angles.sin()], dim=1)
