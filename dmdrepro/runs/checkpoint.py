"""Weights and optimiser state as safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.files import write_bytes

if TYPE_CHECKING:
    import torch

Tensors = dict[str, "torch.Tensor"]


def save_tensors(path: Path, tensors: Tensors) -> None:
    """Write named tensors to one safetensors file, atomically and with reproducible bytes."""
    from safetensors.torch import save

    write_bytes(path, save({k: v.detach().cpu().contiguous() for k, v in tensors.items()}))


def load_tensors(path: Path) -> Tensors:
    """Read a safetensors file on the CPU; raises DamagedArtifact for any other file."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(path.read_bytes())
    except SafetensorError as error:
        raise DamagedArtifact(f"{path} is not a readable safetensors file ({error}).") from None


def put_weights(network: torch.nn.Module, tensors: Tensors, where: object) -> None:
    """Give a network its weights; raises DamagedArtifact if `where` has those of another one."""
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        differs = " ".join(str(error).partition(":\n")[2].split())
        raise DamagedArtifact(
            f"{where} does not hold this network's weights ({differs[:160]}); restore the file, or "
            "move its folder away and make it again."
        ) from None


def pack(**groups: Tensors) -> Tensors:
    """`pack(student={...})` -> {"student/<name>": tensor}."""
    return {
        f"{group}/{name}": t for group, tensors in groups.items() for name, t in tensors.items()
    }


def unpack(tensors: Tensors, group: str) -> Tensors:
    prefix = group + "/"
    return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> Tensors:
    """The optimiser's per-parameter state, named by the parameter's place and the state's name."""
    state = optimiser.state_dict()["state"]
    return {f"{i}.{key}": value for i, entry in state.items() for key, value in entry.items()}


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Put back what `optimiser_tensors` took; the settings stay the optimiser's own.

    What belongs to a parameter's entries lies in memory as the parameter does: a fused step walks
    both side by side. Raises DamagedArtifact for another optimiser's state.
    """
    import torch

    saved = optimiser.state_dict()
    state: dict[int, Tensors] = {}
    for name, value in tensors.items():
        index, _, key = name.partition(".")
        if not index.isdecimal() or not key:
            raise DamagedArtifact(
                f"The saved state has an optimiser's entry {name!r}; move its stage's folder away."
            )
        state.setdefault(int(index), {})[key] = value
    try:
        optimiser.load_state_dict({"state": state, "param_groups": saved["param_groups"]})
    except (ValueError, RuntimeError, KeyError) as error:
        raise DamagedArtifact(
            f"The saved state is of another optimiser ({error}); move its stage's folder away."
        ) from None
    for parameter, entry in optimiser.state.items():
        for key, value in entry.items():
            if value.shape == parameter.shape:
                entry[key] = torch.empty_like(parameter).copy_(value)
