"""MNIST's four files in a folder, as the common sources lay them out.

Taken are `train-images-idx3-ubyte` (LeCun's name) and `train-images.idx3-ubyte`, .gz or not, in
capitals or not, in the folder itself, in the folders that torchvision, Kaggle and others make in
it (`MNIST/raw`, `mnist`, `archive`, ...), and in a folder that has the file's own name. Whatever a
file is called, only its bytes say what it is, so a wrong one never hides a right one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dmdrepro.data.mnist_check import FILES, Absent, Damaged, read_checked

FOLDERS = ("raw", "data", "archive")  # and any that begins with "mnist"
DEPTH = 3  # MNIST/raw/<a folder of the file's name>
LOOKED_FOR = (
    "each file may also be called as train-images.idx3-ubyte is, be a .gz, and lie in the folders "
    "mnist, MNIST/raw, raw, data, archive or one of its own name"
)


def read_folder(folder: Path) -> tuple[dict[str, bytes], Path]:
    """The unpacked bytes of the four files by name, each checked, and the folder of all four.

    Raises Absent if the layout lacks a file, else Damaged if a file has no right copy.
    """
    places = _places(folder)
    missing = [name for name in FILES if not places[name]]
    if missing:
        *most, last = missing
        names = f"{', '.join(most)} or {last}" if most else last
        raise Absent(f"{folder} holds no {names}{_archives(folder)}")
    found = {name: _first_right(places[name], name) for name in FILES}
    parents = {path.parent for _, path in found.values()}
    together = parents.pop() if len(parents) == 1 else folder
    return {name: data for name, (data, _) in found.items()}, together


def read_file(folder: Path, name: str) -> bytes:
    """The unpacked bytes of one file; raises Absent or Damaged."""
    if not (places := _places(folder)[name]):
        raise Absent(f"{folder} holds no {name}")
    return _first_right(places, name)[0]


def _first_right(places: list[Path], name: str) -> tuple[bytes, Path]:
    """The bytes and place of the first right file; raises Damaged, naming the first wrong one."""
    wrong = None
    for path in places:
        try:
            return read_checked(path, name), path
        except Damaged as error:
            wrong = wrong or error
    raise wrong


def _places(folder: Path) -> dict[str, list[Path]]:
    """Name -> the files that may be it, LeCun's own name and the folder itself first."""
    if not folder.is_dir():
        raise Absent(f"{folder} {'is not a folder' if folder.exists() else 'does not exist'}")
    found: dict[str, list[tuple[int, Path]]] = {name: [] for name in FILES}
    for entry in _walk(folder, DEPTH):
        for name in FILES:
            forms = _forms(name)
            if entry.name.lower() in forms:
                found[name].append((forms.index(entry.name.lower()), entry))
    # A stable sort: of two files of one name the one that is less deep comes first.
    return {
        name: [p for _, p in sorted(of, key=lambda pair: pair[0])] for name, of in found.items()
    }


def _forms(name: str) -> tuple[str, ...]:
    """What a file may be called, in lower case, the usual name first."""
    dotted = name.replace("-idx", ".idx")
    return name, f"{name}.gz", dotted, f"{dotted}.gz"


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    """The files of a folder, then those of the folders in it that may hold MNIST."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise Absent(f"{folder} cannot be read ({error.strerror or error})") from None
    inner = []
    for entry in found:
        path, name = folder / entry.name, entry.name.lower()
        own = any(name in _forms(file) for file in FILES)
        if own and path.is_file():
            yield path
        elif depth and (own or name in FOLDERS or name.startswith("mnist")) and path.is_dir():
            inner.append(path)
    for path in inner:
        yield from _walk(path, depth - 1)


def _archives(folder: Path) -> str:
    """A word on an archive that was not unpacked, if one is there."""
    packed = sorted(p.name for p in folder.iterdir() if p.suffix in (".zip", ".tar", ".tgz"))
    return f" (unpack {packed[0]} first)" if packed else ""
