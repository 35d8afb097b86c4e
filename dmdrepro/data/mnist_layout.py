"""MNIST's four files: what their unpacked bytes are, and how the common sources lay them out.

Mirrors pack the same bytes with different gzip headers, so only the unpacked bytes count. Accepted
are `train-images-idx3-ubyte` (LeCun's name) and `train-images.idx3-ubyte`, .gz or not, in any case,
in the folder itself, in the folders that torchvision, Kaggle and others make (`MNIST/raw`, `mnist`,
`archive`, ...), and in a folder of the file's own name. A wrong file never hides a right one.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# name -> (unpacked bytes, SHA-256 of the unpacked bytes)
FILES = {
    "train-images-idx3-ubyte": (
        47_040_016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        60_008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        7_840_016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        10_008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}
GZIP = b"\x1f\x8b"  # how a gzip file starts, whatever its name says
FOLDERS = ("raw", "data", "dataset", "datasets", "archive")  # and any that begins with "mnist"
DEPTH = 5  # datasets/mnist/MNIST/raw/<a folder of the file's name>
LOOKED_FOR = (
    "each file may also be called as train-images.idx3-ubyte is, be a .gz, and lie in the folders "
    "mnist, MNIST/raw, raw, data, datasets, archive or one of its own name"
)


class MnistUnavailable(RuntimeError):
    """MNIST cannot be had; the message is one sentence: what, where, what to do."""


class Absent(Exception):
    """A folder that does not hold all four files; the message says what is missing."""


class Damaged(Exception):
    """A file, or what a mirror sent, is not the file that it should be; the message names it."""


def checked(file: BinaryIO, what: str, name: str) -> bytes:
    """The unpacked bytes of `file` if they are those of `name`; Damaged, about `what`, if not."""
    size, digest = FILES[name]
    start = file.read(512)
    file.seek(0)
    try:
        data = (gzip.GzipFile(fileobj=file) if start.startswith(GZIP) else file).read(size + 1)
    except EOFError:
        raise Damaged(f"{what} is truncated (the gzip stream ends early)") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise Damaged(f"{what} is damaged (gzip: {error})") from None
    if not start:
        raise Damaged(f"{what} is empty")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise Damaged(f"{what} is a web page (HTML or XML), not MNIST")
    if len(data) < size:
        counts = f"{len(data):,} bytes, not {size:,}"
        raise Damaged(f"{what} is too short or truncated ({counts}; {_hashes(data, digest)})")
    if len(data) > size:
        raise Damaged(
            f"{what} is another file (longer than {size:,} bytes; {_hashes(b'', digest)})"
        )
    if hashlib.sha256(data).hexdigest() != digest:
        raise Damaged(f"{what} is not MNIST's {name} ({_hashes(data, digest)})")
    return data


def _hashes(data: bytes, digest: str) -> str:
    """The SHA-256 of what was read, if all of it was, and the right one, both shortened."""
    found = f"{hashlib.sha256(data).hexdigest()[:12]}..., " if data else ""
    return f"SHA-256 {found}not {digest[:12]}..."


def read_folder(folder: Path) -> tuple[dict[str, bytes], Path]:
    """(unpacked bytes by name, the folder of all four), checked; raises Absent or Damaged."""
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
            with path.open("rb") as file:
                return checked(file, str(path), name), path
        except Damaged as error:
            wrong = wrong or error
        except OSError as error:
            wrong = wrong or Damaged(f"{path} cannot be read ({error.strerror or error})")
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
