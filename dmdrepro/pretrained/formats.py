"""What a file of somebody's network is, and the tensors in it: EDM, DMD2, FastGen.

The standard library only: this runs in the restricted process (isolated.py).
"""

import re
import struct
from typing import BinaryIO

from dmdrepro.pretrained.pickles import Made, Unreadable, read_pickle, shown
from dmdrepro.pretrained.storages import (
    LOAD_FROM_BYTES,
    OF_TENSORS,
    OLD_FORM,
    Archive,
    Tensor,
    as_tensor,
    loaded_from_bytes,
)

PERSISTENT = "torch_utils.persistence._reconstruct_persistent_obj"
MODULE_DICT = "torch.nn.modules.container.ModuleDict"
SCALAR = ("numpy._core.multiarray.scalar", "numpy.core.multiarray.scalar")
DTYPE = "numpy.dtype"
OF_EDM = {*(PERSISTENT, MODULE_DICT, *SCALAR, DTYPE, LOAD_FROM_BYTES), *OF_TENSORS}
OF_THE_STATE = ("img_resolution", "img_channels", "label_dim", "sigma_data")
DEEPEST = 32  # networks within networks

Contents = tuple[dict[str, object], dict[str, Tensor]]


def read_contents(data: memoryview, file: BinaryIO) -> Contents:
    """(what the file says of itself, tensors by name); `file`: the same bytes; or Unreadable."""
    if bytes(data[:4]) == b"PK\3\4":
        return _of_archive(Archive(data, file))
    if bytes(data[: len(OLD_FORM)]) == OLD_FORM:
        raise Unreadable(
            "it has the form of torch before 1.6; if you trust it, save it anew with torch.save"
        )
    if bytes(data[:1]) != b"\x80":
        raise Unreadable("it is neither a pickle nor a file of torch.save or safetensors")
    return _of_edm(read_pickle(data, OF_EDM)[0])


def _of_archive(archive: Archive) -> Contents:
    value, about = archive.value(), {"format": "torch"}
    inner = value.get("model") if isinstance(value, dict) else None
    if isinstance(inner, dict) and any(isinstance(each, dict) for each in inner.values()):
        about["format"] = "FastGen"
        value = inner
        averages = [key for key in value if re.fullmatch(r"ema[\w.]*", str(key), re.ASCII)]
        if len(averages) > 1 or not (averages or "net" in value):
            listed = ", ".join(map(shown, list(value)[:8]))
            raise Unreadable(f"its networks are {listed}: not one ema_... or net")
        about["part"] = (averages or ["net"])[0]
        value = value[about["part"]]
    if not isinstance(value, dict) or not value:
        raise Unreadable(f"it holds no named tensors ({shown(value)})")
    if deeper := [shown(key) for key, found in value.items() if isinstance(found, dict)]:
        raise Unreadable(
            f"its tensors lie deeper ({', '.join(deeper[:8])}); save the network's alone, such as "
            f"torch.save(torch.load(OLD, weights_only=True)[{deeper[0]}], NEW)"
        )
    tensors = {}
    for key, found in value.items():
        if not isinstance(key, str):
            raise Unreadable(f"it has a tensor named {key}, a number")
        tensors[key] = as_tensor(found, key, archive.storage)
    return about, tensors


def _of_edm(value: object) -> Contents:
    if not isinstance(value, dict) or not isinstance(value.get("ema"), Made):
        raise Unreadable("it is a pickle without a network 'ema', which EDM's files have")
    name, state = _persistent(value["ema"])
    if name != "EDMPrecond":
        raise Unreadable(f"its network is a {shown(name)}; only EDMPrecond is supported")
    said = state.get("_init_kwargs")
    if not isinstance(said, dict) or state.get("_init_args", ()) != ():
        raise Unreadable("its network does not say by keyword what it was made with")
    tensors: dict[str, Tensor] = {}
    _flatten(state, "", tensors, set(), 0)
    made_with = {key: _plain(state[key]) for key in OF_THE_STATE if key in state}
    made_with |= {str(key): _plain(value) for key, value in said.items()}
    model = state.get("_modules", {}).get("model")
    is_a = _persistent(model)[0] if isinstance(model, Made) else "nothing"
    if is_a != made_with.get("model_type", "DhariwalUNet"):
        wanted = shown(made_with.get("model_type"))
        raise Unreadable(f"its network was made as a {wanted}, but is a {shown(is_a)}")
    return {"format": "EDM", "made_with": made_with}, tensors


def _persistent(made: Made) -> tuple[str, dict]:
    """(class name, state) of one of EDM's persistent objects; its source text is passed over."""
    found = made.args[0] if made.name == PERSISTENT and len(made.args) == 1 else None
    if not isinstance(found, dict):
        raise Unreadable(f"it has a {shown(made.name)} where a network is expected")
    kind, version = found.get("type"), found.get("version")
    if kind != "class" or version != 6:
        version = version if type(version) is int else shown(version)
        raise Unreadable(
            f"it has an object of type {shown(kind)}, version {version}; EDM's are classes of "
            "version 6"
        )
    name, state = found.get("class_name"), found.get("state")
    if not isinstance(name, str) or not isinstance(state, dict):
        raise Unreadable("it has an object without a class name or state")
    return name, state


def _flatten(
    state: dict, prefix: str, tensors: dict[str, Tensor], seen: set[int], depth: int
) -> None:
    """Add all tensors of a module's state, by their dotted names."""
    if id(state) in seen or depth > DEEPEST:
        raise Unreadable(f"{shown(prefix)} lies in itself, in two places or too deep")
    seen.add(id(state))
    for group in ("_parameters", "_buffers", "_modules"):
        found = state.get(group, {})
        if not isinstance(found, dict):
            raise Unreadable(f"{shown(prefix + group)} is not a dictionary")
        for key, value in found.items():
            if not isinstance(key, str):
                raise Unreadable(f"{shown(prefix + group)} has a number as a name")
            name = prefix + key
            if value is None:
                continue
            if group != "_modules":
                if name in tensors:
                    raise Unreadable(f"it has the key {shown(name)} twice")
                tensors[name] = as_tensor(value, name, loaded_from_bytes)
                continue
            if not isinstance(value, Made):
                raise Unreadable(f"{shown(name)} is not a network")
            inner = value.state if value.name == MODULE_DICT else _persistent(value)[1]
            if not isinstance(inner, dict):
                raise Unreadable(f"{shown(name)} has no state")
            _flatten(inner, f"{name}.", tensors, seen, depth + 1)


def _plain(value: object) -> object:
    """A setting as JSON has it; what is none is named by its type."""
    if isinstance(value, Made) and value.name in SCALAR:
        dtype, bits = value.args if len(value.args) == 2 else (None, None)
        of_dtype = isinstance(dtype, Made) and dtype.name == DTYPE
        little = of_dtype and isinstance(dtype.state, tuple) and dtype.state[1:2] == ("<",)
        if not little or dtype.args[:1] != ("f8",) or not isinstance(bits, bytes) or len(bits) != 8:
            raise Unreadable("it has a number of numpy's that is not a float64")
        return struct.unpack("<d", bits)[0]
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value[:100] if not isinstance(inner, list | tuple)]
    return value if isinstance(value, str | int | float | None) else type(value).__name__
