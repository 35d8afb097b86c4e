"""The settings of SongUNet: DDPM++ and NCSN++ (Song et al. 2021) as EDM and SiD train them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmdrepro.models.adm import AdmUnet
from dmdrepro.models.model import Model
from dmdrepro.settings import require, require_count

if TYPE_CHECKING:
    from dmdrepro.models.edm import EDMDenoiser
    from dmdrepro.models.song_network import SongNetwork


@dataclass(frozen=True)
class SongUnet(AdmUnet):
    """SongUNet of square images; the defaults are DDPM++ (EDM, table 7).

    `embedding` of the noise level: "positional" (DDPM++) or "fourier" (NCSN++). `encoder`:
    "standard", or "residual": the image itself, halved, is added at each level (NCSN++).
    `channel_mult_noise`: width of the noise embedding over `width`. `resample_filter`: taps of the
    filter that halves and doubles: (1, 1), NCSN++ (1, 3, 3, 1). `augment_dim`: of the augmentation
    labels of training, whose weight is kept and, without labels, not used.
    """

    width: int = 128
    channel_mult: tuple[int, ...] = (2, 2, 2)
    num_blocks: int = 4
    attn_resolutions: tuple[int, ...] = (16,)
    embedding: str = "positional"
    encoder: str = "standard"
    channel_mult_noise: int = 1
    resample_filter: tuple[int, ...] = (1, 1)
    augment_dim: int = 0

    every_block_attends = False
    cost = Model.cost

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in (
            ("embedding", ("positional", "fourier")),
            ("encoder", ("standard", "residual")),
        ):
            value = getattr(self, name)
            require(value in known, f"model.{name} is {value!r}; use {' or '.join(known)}.")
        require_count("model.channel_mult_noise", self.channel_mult_noise)
        require_count("model.augment_dim", self.augment_dim, 0)
        taps = self.resample_filter
        require(
            isinstance(taps, list | tuple)
            and len(taps) >= 2
            and len(taps) % 2 == 0
            and sum(taps) > 0,
            f"model.resample_filter is {taps}; give an even number of taps, such as (1, 1).",
        )

    @property
    def stem(self) -> int:
        return self.width

    def network(self, shape: tuple[int, ...], classes: int) -> SongNetwork:
        from dmdrepro.models.song_network import SongNetwork

        return SongNetwork(self, shape[0], shape[1], classes)


def song_denoiser(
    resolution: int,
    channels: int,
    label_dim: int,
    width: int,
    channel_mult: tuple[int, ...],
    num_blocks: int,
    attn_resolutions: tuple[int, ...],
    embedding: str = "positional",
    encoder: str = "standard",
    channel_mult_noise: int = 1,
    resample_filter: tuple[int, ...] = (1, 1),
    augment_dim: int = 0,
    sigma_data: float = 0.5,
) -> EDMDenoiser:
    """A SongUNet denoiser of square images [B, channels, resolution, resolution] in about [-1, 1].

    `label_dim`: number of classes (labels one-hot), 0 = unconditional; the others are fields of
    `SongUnet`. Raises ValueError for sizes that do not fit.
    """
    sizes = width, channel_mult, num_blocks, attn_resolutions
    kinds = embedding, encoder, channel_mult_noise, resample_filter, augment_dim
    return SongUnet(*sizes, *kinds).make((channels, resolution, resolution), label_dim, sigma_data)
