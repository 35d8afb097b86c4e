"""A network's file as tensors, and what it says of itself."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from dmdrepro.pretrained.converted import check_unchanged, converted, remember
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.files import MANIFEST, check_file, read_json, read_manifest
from dmdrepro.runs.layout import CONFIG

if TYPE_CHECKING:
    import torch

WRAPPERS = ("module.", "_orig_mod.")  # of torch's data parallelism and compiler
TEACHER = "real_unet."  # inside DMD2's second file
UNUSED = ("model.logvar_linear.",)  # of FastGen's training


@dataclass
class NetworkFile:
    """Tensors by EDM's names (`model.*`), and what the file says of itself."""

    path: Path
    sha256: str
    tensors: dict[str, torch.Tensor]
    format: str  # "safetensors", "torch", "FastGen", "EDM" or "run"
    part: str = ""  # which of its networks, if it has several
    made_with: dict[str, object] = field(default_factory=dict)  # EDM's arguments
    sigma_data: float | None = None
    dropped: tuple[str, ...] = ()  # names of tensors that sampling does not use


def read_network(path: Path) -> NetworkFile:
    """The file's network; raises ValueError, in a sentence, for an unknown form, and OSError.

    A pickle is converted in a process of its own and kept in the cache. A run's own file is checked
    against its manifest; another file's SHA-256 is recorded, and a later change is refused.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name the file of weights in it.")
    if path.exists() and (not path.is_file() or path.stat().st_size == 0):
        raise ValueError(f"{path} is refused: it is empty or not a file.")
    run = (path.parent / MANIFEST).is_file() and path.suffix == ".safetensors"
    if run:
        found = _of_run(path)
    else:
        digest = check_unchanged(path)
        with path.open("rb") as handle:
            plain = handle.read(9)[8:] == b"{"
        file = path if plain else converted(path, digest)
        tensors, said = _read(file, path)
        about = {"format": "safetensors"} if plain else json.loads(said["about"])
        found = NetworkFile(path, digest, tensors, **about)
        found.sigma_data = found.made_with.get("sigma_data")
        if found.sigma_data is not None and not _is_scale(found.sigma_data):
            raise ValueError(f"{path} is refused: its sigma_data is not a positive number.")
    _rename(found)
    if not run:
        remember(path, found.sha256)
    return found


def _is_scale(value: object) -> bool:
    return type(value) in (int, float) and 0 < value < math.inf


def _read(file: Path, origin: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    try:
        with safe_open(file, framework="pt") as handle:
            names = handle.keys()
            if not all(name.isascii() and name.isprintable() for name in names):
                raise ValueError(f"{origin} is refused: it has a tensor with an unprintable name.")
            return {name: handle.get_tensor(name) for name in names}, handle.metadata()
    except SafetensorError as error:
        raise ValueError(f"{origin} is not a readable safetensors file ({error}).") from None


def _of_run(path: Path) -> NetworkFile:
    """A teacher's or student's file in a run folder: its configuration lies beside it."""
    listing = path.parent / MANIFEST
    try:
        digests = read_manifest(listing)
        for name in (path.name, CONFIG):
            if name not in digests:
                raise ValueError(f"{path} is refused: {listing} does not list {name}.")
            check_file(path.parent / name, digests[name], listing)
        sigma_data = read_json(path.parent / CONFIG).get("sigma_data")
    except RunError as error:
        raise ValueError(str(error)) from None
    if not _is_scale(sigma_data):
        raise ValueError(f"{path} is refused: {path.parent / CONFIG} names no sigma_data.")
    return NetworkFile(path, digests[path.name], _read(path, path)[0], "run", sigma_data=sigma_data)


def _rename(file: NetworkFile) -> None:
    """Names as EDM's, without wrappers, of the one network asked for; refuses EDM2's."""
    tensors = file.tensors
    if any(key.startswith(TEACHER) for key in tensors):
        tensors = _below(tensors, TEACHER)
        file.part = TEACHER.rstrip(".")
    for wrapper in WRAPPERS:
        if tensors and all(key.startswith(wrapper) for key in tensors):
            tensors = _below(tensors, wrapper)
    if any(key.startswith("unet.") for key in tensors):
        raise ValueError(f"{file.path} is an EDM2 network (unet.*), which is not supported.")
    if not any(key.startswith("model.") for key in tensors):
        tensors = {f"model.{key}": value for key, value in tensors.items()}
    file.dropped = tuple(key for key in tensors if key.startswith(UNUSED))
    file.tensors = {key: value for key, value in tensors.items() if key not in file.dropped}


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): t for key, t in tensors.items() if key.startswith(prefix)}
