"""MNIST's four IDX files: found or downloaded, never used unless the bytes are right."""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dmdrepro.data.errors import MnistUnavailable

# SHA-256 of the *unpacked* bytes: the mirrors' .gz files differ in their headers.
FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
REMEDY = "Give the folder of the four IDX files (.gz or unpacked) by --data or $DMDREPRO_DATA."


@dataclass(frozen=True)
class MnistStatus:
    """Where the files are, or why they are not."""

    folder: Path | None
    reason: str

    @property
    def found(self) -> bool:
        return self.folder is not None


def cache_folder() -> Path:
    """Where downloads are kept."""
    import pooch

    return Path(pooch.os_cache("dmdrepro")) / "mnist"


def find_mnist(data_dir: Path | None = None, cache_dir: Path | None = None) -> MnistStatus:
    """Look in `data_dir`, $DMDREPRO_DATA and the cache for all four files; no network.

    A folder that was named (`data_dir`, the variable) is the only place looked at.
    """
    named = data_dir or os.environ.get("DMDREPRO_DATA")
    if named:
        places = [Path(named), Path(named) / "mnist"]
    else:
        places = [cache_dir or cache_folder()]
    for place in places:
        if all(_file(place, name) for name in FILES):
            return MnistStatus(place, "")
    lacking = [name for name in FILES if not any(_file(place, name) for place in places)]
    lack = ", ".join(f"{name}[.gz]" for name in lacking) or "one folder with all four files"
    return MnistStatus(None, f"{places[0]} lacks {lack}")


def load_mnist(
    data_dir: Path | None = None, offline: bool = False, cache_dir: Path | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [70000, 28, 28] and labels int64 [70000], train then test.

    Downloads to the cache where nothing was found and `offline` is False. Raises
    MnistUnavailable, with one sentence, for files that are absent, wrong or out of reach.
    """
    cache = cache_dir or (None if data_dir else cache_folder())
    status = find_mnist(data_dir, cache)
    if not status.found:
        if offline:
            raise MnistUnavailable(
                f"MNIST is absent ({status.reason}) and --offline was given. {REMEDY}"
            )
        if data_dir is not None or os.environ.get("DMDREPRO_DATA"):
            raise MnistUnavailable(f"MNIST is absent: {status.reason}. {REMEDY}")
        download(cache)
        status = MnistStatus(cache, "")
    raw = {name: _checked(_file(status.folder, name), name) for name in FILES}
    images = [
        _idx(raw[f"{part}-images-idx3-ubyte"], (-1, 28, 28), 16) for part in ("train", "t10k")
    ]
    labels = [_idx(raw[f"{part}-labels-idx1-ubyte"], (-1,), 8) for part in ("train", "t10k")]
    return np.concatenate(images), np.concatenate(labels).astype(np.int64)


def download(cache: Path) -> None:
    """Fetch what the cache lacks, from the first mirror whose bytes are right.

    Nothing wrong ever lies under a file's final name. Raises MnistUnavailable, naming each try.
    """
    import pooch
    from filelock import FileLock

    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / ".lock"):
        for name in FILES:
            if (path := _file(cache, name)) is not None and _is_right(path, name):
                continue
            tries = []
            for mirror in MIRRORS:
                with tempfile.TemporaryDirectory(dir=cache) as folder:
                    try:
                        got = Path(
                            pooch.retrieve(
                                f"{mirror}{name}.gz",
                                known_hash=None,  # the unpacked bytes are checked below
                                fname=f"{name}.gz",
                                path=folder,
                                progressbar=False,
                            )
                        )
                        _checked(got, name)
                        os.replace(got, cache / f"{name}.gz")
                        break
                    except MnistUnavailable as error:
                        tries.append(f"{mirror}: {error}")
                    except Exception as error:  # requests, urllib3, OS: any failure
                        tries.append(f"{mirror}: {type(error).__name__}")
            else:
                raise MnistUnavailable(
                    f"MNIST's {name}.gz could not be downloaded ({'; '.join(tries)}). {REMEDY}"
                )


def _file(folder: Path, name: str) -> Path | None:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    return None


def _is_right(path: Path, name: str) -> bool:
    try:
        _checked(path, name)
    except MnistUnavailable:
        return False
    return True


def _checked(path: Path, name: str) -> bytes:
    """The unpacked bytes of a file, or MnistUnavailable saying what it is instead."""
    packed = path.read_bytes()
    if packed.lstrip()[:1] == b"<":
        raise MnistUnavailable(f"{path} is a web page, not MNIST's {name}. {REMEDY}")
    data = packed
    if packed[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(packed)
        except (EOFError, OSError, zlib.error):
            raise MnistUnavailable(f"{path} is truncated or damaged. {REMEDY}") from None
    if hashlib.sha256(data).hexdigest() != FILES[name]:
        raise MnistUnavailable(
            f"{path} is not MNIST's {name}: {len(data):,} bytes unpacked whose SHA-256 is wrong. "
            f"{REMEDY}"
        )
    return data


def _idx(data: bytes, shape: tuple[int, ...], header: int) -> np.ndarray:
    return np.frombuffer(data, dtype=np.uint8, offset=header).reshape(shape)
