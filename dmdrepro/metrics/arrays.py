"""One array from a file (.npy, .npz, .safetensors, .pt) or a folder of images, never a pickle."""

import lzma
import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from dmdrepro.metrics.image_folder import image_files, load_images
from dmdrepro.metrics.npy import read_npy
from dmdrepro.metrics.other_formats import NETWORKS, SUFFIXES, URL, refusal, shown
from dmdrepro.metrics.pt import read_pt

# What numpy and zipfile raise at damaged bytes: an .npy header is read as a Python literal, a
# .npz is a zip whose damaged fields may name unknown methods, versions or a password.
# RuntimeError stands for NotImplementedError and RecursionError too.
UNREADABLE = (
    *(ValueError, TypeError, KeyError, AttributeError, OSError, EOFError, SyntaxError),
    *(OverflowError, RuntimeError, tokenize.TokenError, struct.error),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
MOST_NAMES, LONGEST = 20, 60  # names of arrays in a message, and their letters
LARGE = 1 << 28  # bytes: to load so much is worth a word beforehand
Say = Callable[[str], None]


def load_array(
    path: str | Path, memory: int | None = None, say: Say = lambda words: None, n: int | None = None
) -> np.ndarray:
    """The array in a file; of several, the one named after `#` (`samples.npz#student`).

    A folder of PNG or JPEG images comes as uint8 [N, 1 or 3, H, W], in the order of their names;
    `n`: the first n images alone. Types that numpy lacks (bfloat16, float8) come as float32,
    exactly. `memory`: bytes that it may take; None: what the system can give. `say` is told of a
    large array before it is loaded. Raises ValueError for an absent or damaged file, one that is
    longer or shorter than it says, another kind of file, pickled objects, a name that is not there,
    and images of several sizes or kinds.
    """
    try:
        file, key = split_name(path)
        name, suffix = shown(file), file.suffix.lower()
        if file.is_dir() and key is None:
            return load_images(image_files(file)[:n], _Room(name, None, memory, say))
        if suffix not in SUFFIXES or URL.match(str(file)):
            raise ValueError(refusal(file))
        if not file.is_file():
            raise ValueError(f"{name} {_why_no_file(file)}.")
    except _Refused as refused:
        raise ValueError(str(refused)) from None
    except OSError as error:  # a folder that may not be looked into, a name that is too long
        raise ValueError(f"{shown(path)} cannot be opened: {error.strerror or error}.") from error
    if key is not None and suffix == ".npy":
        raise ValueError(f"{name} holds one array without a name; leave out #{shown(key)}.")
    try:
        if not (size := file.stat().st_size):
            raise ValueError("it is empty")
        room = _Room(name, size, memory, say)
        if suffix == ".npy":
            with file.open("rb") as handle:
                return read_npy(handle, size, room)
        return READERS[suffix](file, key, room)
    except _Refused as refused:
        raise ValueError(str(refused)) from None
    except MemoryError as error:
        raise ValueError(f"{name} holds, by its header, more than fits into memory.") from error
    except UNREADABLE as error:
        first = shown(str(error).partition("\n")[0])
        words = f": {first.rstrip('.')}." if first else "."
        raise ValueError(f"{name} cannot be read as {suffix}{words}") from error


class _Refused(Exception):
    """A sound file that lacks the array asked for, or is too large for the memory."""


class _Room:
    """Refuses an array that is larger than memory, and announces a large one."""

    def __init__(self, name: str, size: int | None, memory: int | None, say: Say) -> None:
        """`size`: of the file; None: of a folder."""
        self.name, self.size, self.memory, self.say = name, size, memory, say

    def __call__(self, needed: int, what: str) -> None:
        import torch

        from dmdrepro.metrics.memory import available_memory

        there = available_memory(torch.device("cpu")) if self.memory is None else self.memory
        if there is not None and needed > there:
            size = "" if self.size is None else f", and the file has {self.size:,} bytes"
            raise _Refused(
                f"{self.name} holds, by its header, more than fits into memory: {what} takes "
                f"{_amount(needed)}, {_amount(there)} may be taken{size}; save fewer samples, or "
                "raise --memory if it is too low."
            )
        if needed >= LARGE:
            size = "" if self.size is None else f"; the file has {_amount(self.size)}"
            self.say(f"{self.name}: {what} takes {_amount(needed)} of memory{size}.")


def _amount(count: int) -> str:
    for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if count >= 1024**power:
            return f"{count / 1024**power:,.1f} {unit}"
    return f"{count} bytes"


def file_of(path: str | Path) -> Path:
    """The file that `load_array` would open: the path without the array's name after `#`."""
    return split_name(path)[0]


def split_name(path: str | Path) -> tuple[Path, str | None]:
    """The file, and the array's name after `#`: a `#` may be part of a folder's or file's name."""
    words = str(path)
    if words.startswith("~") and not Path(path).exists():  # what a shell leaves in --real=~/x.npy
        words = os.path.expanduser(words)
    if Path(words).exists():
        return Path(words), None
    cuts = [
        (Path(words[:place]), words[place + 1 :])
        for place, letter in enumerate(words)
        if letter == "#"
    ]
    for file, key in cuts:
        if file.is_file():
            return file, key
    for file, key in cuts:  # an absent file: the one that is meant
        if file.suffix.lower() in SUFFIXES and "/" not in key:
            return file, key
    return Path(words), None


def _why_no_file(file: Path) -> str:
    if file.is_dir():
        return "is a folder, in which no array has a name; leave out what follows #"
    if file.exists():
        return "is not a regular file (a pipe or a device); save it to disk first"
    if file.is_symlink():
        return "is a link to a file that does not exist"
    return "does not exist"


def _chosen(name: str, key: str | None, names: Iterable[str]) -> str:
    """The array that is meant; `name`: the file's."""
    names = list(names)
    if not names:
        raise _Refused(f"{name} holds no array.")
    listed = ", ".join(map(_short, names[:MOST_NAMES]))
    known = f"it holds {listed}{', ...' if len(names) > MOST_NAMES else ''}"
    if key is None and len(names) != 1:
        networks = f"; {NETWORKS}" if any(each.endswith(".weight") for each in names) else ""
        many = f"{name} holds {len(names):,} arrays"
        raise _Refused(f"{many}; name one as {name}#NAME: {known}{networks}.")
    if key is not None and key not in names:
        raise _Refused(f"{name} has no array {_short(key)!r}; {known}.")
    return names[0] if key is None else key


def _short(array: str) -> str:
    """An array's name as it is printed: a hostile one may be megabytes long."""
    return shown(array if len(array) <= LONGEST else f"{array[:LONGEST]}...")


def _from_npz(file: Path, key: str | None, room: _Room) -> np.ndarray:
    with file.open("rb") as handle:
        if not handle.read(2).startswith(b"PK"):
            raise ValueError("its content is another format, or damaged")
        with zipfile.ZipFile(handle) as archive:
            handle.seek(-22 - len(archive.comment), 2)
            if handle.read(4) != b"PK\x05\x06":
                raise ValueError("bytes follow the end of the zip; get it again")
            members: dict[str, zipfile.ZipInfo] = {}
            for info in archive.infolist():
                array = info.filename.removesuffix(".npy")
                if array in members:
                    raise ValueError(f"it holds two arrays of the name {_short(array)!r}")
                members[array] = info
            key = key if key is None or key in members else key.removesuffix(".npy")
            chosen = members[_chosen(room.name, key, members)]
            with archive.open(chosen) as stream:
                return read_npy(stream, chosen.file_size, room)


# Bytes of a value that numpy has too, of one that it lacks.
WHOLE = {"F64": 8, "F32": 4, "F16": 2, "C64": 8, "BOOL": 1}
WHOLE |= {f"{sign}{8 * size}": size for sign in "UI" for size in (1, 2, 4, 8)}
NARROW = {"BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1, "F8_E8M0": 1}


def _from_safetensors(file: Path, key: str | None, room: _Room) -> np.ndarray:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as handle:
            name = _chosen(room.name, key, handle.keys())
            header = handle.get_slice(name)
            kind, shape = header.get_dtype(), tuple(header.get_shape())
            if kind not in WHOLE | NARROW:
                raise ValueError(f"its values are {kind}; save them as float32")
            width = 4 + NARROW[kind] if kind in NARROW else WHOLE[kind]
            room(math.prod(shape) * width, f"{kind} {shape}")
            tensor = handle.get_tensor(name)
            return (tensor.float() if kind in NARROW else tensor).numpy()
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _from_pt(file: Path, key: str | None, room: _Room) -> np.ndarray:
    import torch

    tensors = read_pt(file)
    if list(tensors) == [""] and key is not None:
        raise _Refused(f"{room.name} holds one tensor without a name; leave out #{shown(key)}.")
    tensor = tensors[_chosen(room.name, key, tensors)].detach()
    kind = str(tensor.dtype).removeprefix("torch.")
    wide = tensor.dtype in (torch.float16, torch.float32, torch.float64)
    narrow = tensor.is_floating_point() and not wide
    width = tensor.element_size() + 4 * narrow
    room(tensor.numel() * width, f"{kind} {tuple(tensor.shape)}")
    return (tensor.float() if narrow else tensor).numpy()


READERS = {".npz": _from_npz, ".safetensors": _from_safetensors, ".pt": _from_pt, ".pth": _from_pt}
