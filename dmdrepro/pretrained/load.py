"""Anybody's denoiser from a file, and the noise that it is drawn from."""

from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from dmdrepro.pretrained.architecture import of_arguments, of_shapes
from dmdrepro.pretrained.network_file import NetworkFile, read_network
from dmdrepro.runs.streams import generator

if TYPE_CHECKING:
    from dmdrepro.models.edm import EDMDenoiser

SIGMA_DATA = 0.5  # of EDM's networks, and of whatever is distilled from them
SHOWN = 3  # differences in a refusal


def load_denoiser(path: str | Path, like: EDMDenoiser | None = None) -> EDMDenoiser:
    """D(x; sigma) of a file of weights, on the CPU, float32, in evaluation mode.

    It has `shape` (of one sample), `label_dim` (0: unconditional) and `sigma_data`, is called `(x,
    sigma, class_labels)` with x [B, *shape], and its `origin` says what was read. Files: a run's
    `snapshot-*.safetensors` and `student*.safetensors`; accelerate's `.safetensors`; DMD2's
    `pytorch_model.bin`, and `pytorch_model_1.bin` for the teacher inside; FastGen's `.pth`; the
    `.pkl` of EDM, SiD and SiDA. The network is EDM's ADM U-Net or SongUNet, or one of ours, by the
    file's words or its names and shapes; sigma_data is 0.5 unless the file says another. `like`: a
    denoiser with the file's architecture, if that is unknown. Noise for it: `unit_noise`.

    A pickle is read by an allow-list in a process of its own, which runs none of it, and kept as
    safetensors in the cache. Raises ValueError or OSError, in one sentence.
    """
    if not isinstance(path, str | Path):
        raise ValueError(f"path is {path!r}; pass the path of a file of weights.")
    sigma_data = getattr(like, "sigma_data", None)
    if like is not None and (not isinstance(like, torch.nn.Module) or sigma_data is None):
        raise ValueError("like= is not a denoiser of ours; pass one, such as adm_denoiser's.")
    file = read_network(Path(path))
    if like is not None and file.sigma_data not in (None, sigma_data):
        raise ValueError(f"{path} says sigma_data = {file.sigma_data}, and like= has {sigma_data}.")
    denoiser = _named(file) if like is None else copy.deepcopy(like)
    put_tensors(denoiser, file)
    if file.dropped:
        warnings.warn(f"{path}: sampling does not use {', '.join(file.dropped)}.", stacklevel=2)
    denoiser.origin = replace(file, tensors={})
    return denoiser.requires_grad_(False).eval()


def _named(file: NetworkFile) -> EDMDenoiser:
    """The network that the file names or its tensors tell, on the meta device; or ValueError."""
    try:
        if file.made_with:
            told = of_arguments(file.made_with)
        else:
            told = of_shapes({key: tuple(value.shape) for key, value in file.tensors.items()})
        if told is None:
            raise ValueError(
                f"it has tensors of no network known here (such as "
                f"{', '.join(list(file.tensors)[:SHOWN])}); pass like= (`compare --like`: a file), "
                "a denoiser with its architecture"
            )
        settings, shape, label_dim = told
        if len(shape) == 1 and file.sigma_data is None:
            raise ValueError(
                "it is an MLP's and does not say its sigma_data; pass like= (`compare --like`: a "
                "run's snapshot), a denoiser with its architecture"
            )
        blocks = getattr(settings, "num_blocks", 0) * len(getattr(settings, "channel_mult", ()))
        if blocks > len(file.tensors):  # too many to be made
            raise ValueError("it names more blocks than it has weights")
        with torch.device("meta"):
            return settings.make(shape, label_dim, file.sigma_data or SIGMA_DATA)
    except ValueError as error:
        raise ValueError(f"{file.path} is refused: {str(error).rstrip('.')}.") from None


def put_tensors(denoiser: EDMDenoiser, file: NetworkFile) -> None:
    """Give a denoiser, on any device, the file's weights; ValueError with the first differences."""
    wanted = {key: tuple(value.shape) for key, value in denoiser.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in file.tensors.items()}
    differences = [
        *(f"{key} is missing" for key in wanted.keys() - found.keys()),
        *(f"{key} belongs to no part of it" for key in found.keys() - wanted.keys()),
        *(
            f"{key} has shape {found[key]}, not {wanted[key]}"
            for key in wanted.keys() & found.keys()
            if wanted[key] != found[key]
        ),
        *(
            f"{key} has values that are not finite numbers ({value.dtype})"
            for key, value in file.tensors.items()
            if key in wanted and not (value.is_floating_point() and value.isfinite().all())
        ),
        *(
            f"{key} is another filter than the box"
            for key, value in file.tensors.items()
            if key.endswith("resample_filter") and value.shape[-1] == 2 and (value != 0.25).any()
        ),
    ]
    if differences:
        more = len(differences) - SHOWN
        raise ValueError(
            f"{file.path} does not hold the weights of its network: "
            + "; ".join(sorted(differences)[:SHOWN])
            + (f"; and {more} more differences." if more > 0 else ".")
        )
    # Copied, so that all files' weights are aligned in memory alike: rounding depends on it.
    weights = {key: t.to(torch.float32, copy=True) for key, t in file.tensors.items()}
    denoiser.load_state_dict(weights, assign=True)


def unit_noise(
    denoiser: EDMDenoiser, n: int, seed: int
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """(z ~ N(0, I) float32 [n, *shape], one-hot labels float32 [n, label_dim] or None).

    On the CPU, a function of (shape, label_dim, n, seed) alone; classes are drawn uniformly. z has
    standard deviation 1: `heun_sample` wants 80 z (sigma_max z), and warns of another scale; a
    one-step student D(sigma z; sigma) has a sigma of its own (DMD2's: 80; SiD's: 2.5). Raises
    ValueError for n below 1 and for a denoiser that says no shape.
    """
    shape, label_dim = (getattr(denoiser, name, None) for name in ("shape", "label_dim"))
    if shape is None or label_dim is None:
        raise ValueError("the denoiser has no shape or no label_dim; give it both, or draw z.")
    if not isinstance(n, Integral) or n < 1:
        raise ValueError(f"n is {n!r}; draw at least one.")
    z = torch.randn((n, *shape), generator=generator(seed, "unit noise"))
    if not label_dim:
        return z, None
    classes = torch.randint(label_dim, (n,), generator=generator(seed, "unit noise/classes"))
    return z, F.one_hot(classes, label_dim).float()
