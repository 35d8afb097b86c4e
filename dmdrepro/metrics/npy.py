"""One .npy stream: its header first, then whether its size is true and fits, then its values."""

import io
import math
import struct
from collections.abc import Callable
from typing import BinaryIO

import numpy as np

MAGIC = b"\x93NUMPY"
MOST_HEADER = 10_000  # characters; numpy's own limit
CHUNK = 1 << 20  # bytes read at once

Room = Callable[[int, str], None]  # raises if so many bytes, of what, are too many


def read_npy(stream: BinaryIO, size: int, room: Room) -> np.ndarray:
    """The array in a stream of `size` bytes; two-byte raw values are bfloat16, returned as float32.

    Nothing is allocated before `room(bytes, what)` has agreed. Raises ValueError for a wrong header
    or size, and for values that are not numbers.
    """
    shape, fortran, dtype = _header(stream)
    count = math.prod(shape)
    bfloat16 = dtype == np.dtype("V2")  # ml_dtypes and jax save it so; no number is saved likewise
    if not bfloat16:
        _check_numbers(dtype)
    words = f"{'bfloat16' if bfloat16 else dtype.name} {shape}"
    declared, there = count * dtype.itemsize, size - stream.tell()
    room(declared + 4 * count * bfloat16, words)
    if there < declared:
        raise ValueError(
            f"its header says {words}, {declared:,} bytes, and {max(there, 0):,} follow: it was "
            "cut off or is damaged; get it again"
        )
    if there > declared:
        raise ValueError(
            f"its header says {words}, {declared:,} bytes, and {there:,} follow: it is damaged or "
            "holds several arrays; save each in a file of its own"
        )
    values = np.empty(count, np.dtype("<u2") if bfloat16 else dtype)
    _fill(stream, values)
    if bfloat16:  # the upper half of a float32
        wide = values.astype(np.uint32)
        wide <<= 16
        values = wide.view(np.float32)
    return values.reshape(shape, order="F" if fortran else "C")


def _fill(stream: BinaryIO, values: np.ndarray) -> None:
    left = memoryview(values.view(np.uint8)) if values.nbytes else memoryview(b"")
    while left:
        found = stream.read(min(len(left), CHUNK))
        if not found:
            raise ValueError("it ends before its values do; get it again")
        left[: len(found)] = found
        left = left[len(found) :]
    if stream.read(1):  # of a .npz this also checks the sum of all bytes
        raise ValueError("it goes on after its values; get it again")


def _header(stream: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    start = stream.read(len(MAGIC) + 2)
    if not start.startswith(MAGIC):
        raise ValueError(_another_format(start))
    version = tuple(start[len(MAGIC) :])
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"its header has the unknown version {version}")
    length = stream.read(2 if version == (1, 0) else 4)
    known = struct.unpack("<H" if version == (1, 0) else "<I", length)[0]
    if known > MOST_HEADER:
        raise ValueError(f"its header has {known:,} characters, more than any array needs")
    text = stream.read(known)
    if not text.isascii():
        raise ValueError(f"its header is damaged or names fields; {FIELDS}")
    # Versions 2 and 3 differ in letters beyond ASCII alone.
    whole = io.BytesIO(struct.pack("<I", known) + text)
    try:
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(whole, MOST_HEADER)
    except ValueError as error:
        if "f1'" in str(error):
            raise ValueError(FLOAT8) from error
        raise
    if any(side < 0 for side in shape):
        raise ValueError(f"its header says the shape {shape}")
    return shape, fortran, dtype


FIELDS = "pass plain numbers: numpy.save(NEW, numpy.load(OLD)['field'])"
FLOAT8 = (
    "its values are raw bytes, perhaps float8 or int4, and the file does not say which; save them "
    "as float32: numpy.save(NEW, x.astype('float32'))"
)
NO_NUMBERS = {
    "O": "it holds Python objects (a pickle), which are never opened; save plain numbers: "
    "numpy.save(NEW, numpy.stack(list(x)).astype('float32'))",
    "U": "it holds text; pass numbers",
    "S": "it holds text; pass numbers",
    "M": "it holds dates; pass numbers",
    "m": "it holds time spans; pass numbers",
}


def _check_numbers(dtype: np.dtype) -> None:
    """Raise ValueError, saying what to do, if the values are not numbers."""
    if dtype.names:
        fields = ", ".join(map(ascii, dtype.names[:10]))
        raise ValueError(f"it holds records with the fields {fields}; {FIELDS}")
    if dtype.hasobject or dtype.kind in NO_NUMBERS:
        raise ValueError(NO_NUMBERS["O" if dtype.hasobject else dtype.kind])
    if dtype.kind == "V" or not dtype.itemsize:
        raise ValueError(FLOAT8)


def _another_format(start: bytes) -> str:
    """What a file is that begins so and is no .npy."""
    if start.startswith(b"PK"):
        return "its content is another format, a zip: call it .npz"
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "its content is another format, a web page: get the file itself"
    if start.startswith(b"\x80"):
        return "its content is another format, a pickle, which is never opened; use numpy.save"
    if start.startswith(b"\x1f\x8b"):
        return "its content is another format, gzip: unpack it with gunzip"
    return "its content is another format, or damaged"
