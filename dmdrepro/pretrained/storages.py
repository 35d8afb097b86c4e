"""Tensors out of torch's files, as views of the file's bytes: zip archives and the older form.

The standard library only: this runs in the restricted process (isolated.py).
"""

import math
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from dmdrepro.pretrained.pickles import Global, Made, Stored, Unreadable, read_pickle, shown

# Type of a storage -> (safetensors' name, bytes of one value).
TYPES = {
    "torch.DoubleStorage": ("F64", 8),
    "torch.FloatStorage": ("F32", 4),
    "torch.HalfStorage": ("F16", 2),
    "torch.BFloat16Storage": ("BF16", 2),
    "torch.LongStorage": ("I64", 8),
    "torch.IntStorage": ("I32", 4),
    "torch.ByteStorage": ("U8", 1),
    "torch.BoolStorage": ("BOOL", 1),
}
REBUILD, PARAMETER = "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"
LOAD_FROM_BYTES = "torch.storage._load_from_bytes"
OF_TENSORS = {*TYPES, REBUILD, PARAMETER, "collections.OrderedDict"}
OLD_FORM = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # a pickled magic number
LARGEST_RANK = 8


@dataclass(eq=False)
class Storage:
    """Values of one type, a view of the file."""

    dtype: str
    item: int
    values: memoryview


@dataclass(eq=False)
class Tensor:
    """A whole storage with a shape, its values in row-major order."""

    dtype: str
    shape: tuple[int, ...]
    values: memoryview


def as_tensor(value: object, name: str, stored: Callable[[object], Storage]) -> Tensor:
    """The tensor that `value` would rebuild; `stored`: the storage that its first argument is.

    Raises Unreadable, naming the tensor, unless offset, size and strides fit the storage exactly.
    """
    if isinstance(value, Made) and value.name == PARAMETER and len(value.args) == 3:
        value = value.args[0]
    if not isinstance(value, Made) or value.name != REBUILD or len(value.args) not in (6, 7):
        raise Unreadable(f"{shown(name)} is not a tensor ({shown(getattr(value, 'name', value))})")
    storage, offset, size, strides = value.args[:4]
    sizes_fit = (
        isinstance(size, tuple)
        and isinstance(strides, tuple)
        and len(size) == len(strides) <= LARGEST_RANK
        and all(type(n) is int and n >= 0 for n in (*size, *strides))
    )
    if not sizes_fit:
        raise Unreadable(f"{shown(name)} has no size")
    storage = stored(storage)
    row_major = [math.prod(size[i + 1 :]) for i in range(len(size))]
    if any(n > 1 and s != want for n, s, want in zip(size, strides, row_major, strict=True)):
        raise Unreadable(f"{shown(name)} of size {size} has strides {strides}, not {row_major}")
    has = len(storage.values) // storage.item
    if type(offset) is not int or offset != 0 or math.prod(size) != has:
        raise Unreadable(
            f"{shown(name)} of size {size} begins at {shown(offset) if offset else 0} of a storage "
            f"of {has:,} values, which it does not fit exactly"
        )
    return Tensor(storage.dtype, size, storage.values)


def loaded_from_bytes(value: object) -> Storage:
    """The storage that `torch.storage._load_from_bytes` would return; raises Unreadable."""
    if not isinstance(value, Made) or value.name != LOAD_FROM_BYTES or len(value.args) != 1:
        raise Unreadable(f"a tensor has no storage ({shown(getattr(value, 'name', value))})")
    if not isinstance(value.args[0], bytes | memoryview):
        raise Unreadable("a storage is not in torch's form")
    data = memoryview(value.args[0])
    if bytes(data[: len(OLD_FORM)]) != OLD_FORM:
        raise Unreadable("a storage is not in torch's form")
    at, parts = 0, []
    for allowed in ((), (), (), TYPES, ()):  # magic number, version, system, storage, its key
        part, at = read_pickle(data, allowed, at)
        parts.append(part)
    _, _, system, stored, keys = parts
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise Unreadable("the numbers of a storage are not little-endian")
    dtype, item, key, count = _persistent(stored)
    if keys != [key] or int.from_bytes(data[at : at + 8], "little") != count:
        raise Unreadable("a storage is not the one that its tensor names")
    return _storage(dtype, item, count, data[at + 8 :])


class Archive:
    """The zip file that torch.save writes: one pickle and a record for each storage."""

    def __init__(self, data: memoryview, file: BinaryIO) -> None:
        """`file`: the same bytes as a file; raises Unreadable if they are no such archive."""
        self._data = data
        try:
            entries = zipfile.ZipFile(file).infolist()
        except Exception as error:  # of damaged bytes: several kinds
            raise Unreadable(f"its zip archive is damaged ({type(error).__name__})") from None
        self._entries = {entry.filename: entry for entry in entries}
        if len(self._entries) != len(entries):
            raise Unreadable("its zip archive has two records of one name")
        pickles = [name for name in self._entries if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise Unreadable("its zip archive is not torch's: it has not one data.pkl")
        self._root = pickles[0].removesuffix("data.pkl")
        order = self._entries.get(f"{self._root}byteorder")
        if order is not None and bytes(self._record("byteorder")) != b"little":
            raise Unreadable("its numbers are not little-endian")

    def value(self) -> object:
        """What was saved, as `read_pickle` has it."""
        return read_pickle(self._record("data.pkl"), OF_TENSORS)[0]

    def storage(self, value: object) -> Storage:
        """The storage of a persistent id."""
        dtype, item, key, count = _persistent(value)
        return _storage(dtype, item, count, self._record(f"data/{key}"))

    def _record(self, name: str) -> memoryview:
        entry = self._entries.get(self._root + name)
        if entry is None:
            raise Unreadable(f"its zip archive lacks the record {shown(name)}")
        at = entry.header_offset
        header = self._data[at : at + 30]
        if bytes(header[:4]) != b"PK\3\4" or entry.compress_type != zipfile.ZIP_STORED:
            raise Unreadable(f"its record {shown(name)} is compressed or damaged")
        at += 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        record = self._data[at : at + entry.file_size]
        if zlib.crc32(record) != entry.CRC:
            raise Unreadable(f"its record {shown(name)} is damaged (its CRC-32 differs)")
        return record


def _persistent(value: object) -> tuple[str, int, str, int]:
    """(safetensors' type, bytes of one value, key, number of values) of a storage's id."""
    found = value.id if isinstance(value, Stored) else None
    if isinstance(found, tuple) and found[5:] in ((), (None,)):
        match found[:5]:
            case ("storage", Global(name=kind), str(key), _, int(count)) if kind in TYPES:
                if type(count) is int:  # not a bool
                    return (*TYPES[kind], key, count)
    raise Unreadable(f"a tensor has no storage ({shown(getattr(value, 'name', value))})")


def _storage(dtype: str, item: int, count: int, values: memoryview) -> Storage:
    if len(values) != count * item:
        raise Unreadable(f"a storage of {count:,} values of {item} bytes has {len(values):,} bytes")
    return Storage(dtype, item, values)
