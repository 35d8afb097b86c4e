"""One array from a file: .npy, .npz or .safetensors, never a pickle."""

from __future__ import annotations

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

SUFFIXES = (".npy", ".npz", ".safetensors")

# What numpy and zipfile raise at damaged bytes: an .npy header is read as a Python literal, a
# .npz is a zip whose damaged fields may name unknown methods, versions or a password.
UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OSError,
    EOFError,
    SyntaxError,
    tokenize.TokenError,
    OverflowError,
    RuntimeError,  # and with it NotImplementedError and RecursionError
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


def load_array(path: str | Path) -> np.ndarray:
    """The array in a file; of several, the one named after `#` (`samples.npz#student`).

    Types that numpy lacks (bfloat16, float8) come as float32, exactly. Raises ValueError for an
    absent or damaged file, another kind of file, pickled objects, or a name that is not there.
    """
    file, key = _split(path)
    if file.suffix not in SUFFIXES:
        raise ValueError(f"{file} is none of {', '.join(SUFFIXES)}.")
    if not file.is_file():
        raise ValueError(f"{file} does not exist or is not a file.")
    if key is not None and file.suffix == ".npy":
        raise ValueError(f"{file} holds one array without a name; leave out #{key}.")
    try:
        if file.suffix == ".npy":
            return _checked(np.load(file, allow_pickle=False), np.ndarray)
        if file.suffix == ".npz":
            with _checked(np.load(file, allow_pickle=False), np.lib.npyio.NpzFile) as arrays:
                return _chosen(file, key, arrays.files, arrays.__getitem__)
        return _from_safetensors(file, key)
    except _Refused as refused:
        raise ValueError(str(refused)) from None
    except MemoryError as error:
        raise ValueError(f"{file} holds, by its header, more than fits into memory.") from error
    except UNREADABLE as error:
        words = f": {error}" if str(error) else ""
        raise ValueError(f"{file} cannot be read as {file.suffix}{words}") from error


class _Refused(Exception):
    """A file that is sound and was asked for what it does not hold."""


def file_of(path: str | Path) -> Path:
    """The file that `load_array` would open: the path without the array's name after `#`."""
    return _split(path)[0]


def _split(path: str | Path) -> tuple[Path, str | None]:
    if Path(path).exists():
        return Path(path), None
    file, mark, key = str(path).rpartition("#")
    return (Path(file), key) if mark else (Path(path), None)


def _checked(found: object, kind: type) -> object:
    # np.load goes by the content: a .npz that is called .npy is opened all the same.
    if not isinstance(found, kind):
        raise ValueError("its content is another format")
    return found


def _chosen(
    file: Path, key: str | None, names: Iterable[str], read: Callable[[str], np.ndarray]
) -> np.ndarray:
    names = list(names)
    known = f"it holds {', '.join(names) or 'nothing'}"
    if key is None and len(names) != 1:
        raise _Refused(f"{file} holds {len(names)} arrays; name one as {file}#NAME: {known}.")
    if key is not None and key not in names:
        raise _Refused(f"{file} has no array {key!r}; {known}.")
    return read(names[0] if key is None else key)


def _from_safetensors(file: Path, key: str | None) -> np.ndarray:
    import torch
    from safetensors import SafetensorError, safe_open

    def read(name: str) -> np.ndarray:
        tensor = handle.get_tensor(name)
        narrow = tensor.is_floating_point() and tensor.dtype not in (
            torch.float16,
            torch.float32,
            torch.float64,
        )
        return (tensor.float() if narrow else tensor).numpy()

    try:
        with safe_open(file, framework="pt") as handle:
            return _chosen(file, key, handle.keys(), read)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
