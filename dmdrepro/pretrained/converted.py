"""A foreign file as safetensors: converted once in a process of its own, kept and verified."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from safetensors import safe_open

from dmdrepro.checkout import ROOT
from dmdrepro.data.mnist_files import default_cache
from dmdrepro.pretrained.isolated import REFUSED
from dmdrepro.runs.files import json_text, sha256, write_bytes

VERSION = 1  # of the converted files
TIMEOUT_S = 1200
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop()); "
    "from dmdrepro.pretrained.isolated import main; main()"
)


def cache_folder() -> Path:
    """Where converted files and the SHA-256 of all files read so far are kept."""
    return default_cache().with_name("pretrained")


def check_unchanged(path: Path) -> str:
    """The file's SHA-256; ValueError if the file has changed since its first use."""
    found, record = sha256(path), _record(path)
    try:
        before = str(json.loads(record.read_text())["sha256"])
    except FileNotFoundError:
        return found
    except (ValueError, KeyError, TypeError):
        before = "unknown"
    if found != before:
        raise ValueError(
            f"{path} has changed since it was first read (SHA-256 {found[:12]}..., then "
            f"{before[:12]}...); get the original file again or, if you trust the new one, delete "
            f"{record} and run the same command again."
        )
    return found


def remember(path: Path, digest: str) -> None:
    """Record the SHA-256 of a file that could be read."""
    value = {"path": str(path.resolve()), "sha256": digest}
    with _in_cache():
        write_bytes(_record(path), json_text(value).encode())


@contextmanager
def _in_cache() -> Iterator[None]:
    """Say of an OSError that it is the cache's, and how to have another one."""
    try:
        yield
    except OSError as error:
        raise OSError(
            f"The cache {cache_folder()} cannot be written ({error.strerror or error}); set "
            "XDG_CACHE_HOME to a folder that can."
        ) from None


def converted(path: Path, digest: str) -> Path:
    """The safetensors file with the tensors of a foreign file whose SHA-256 is `digest`.

    From the cache, if its bytes are the ones written there; else made in the restricted process.
    Raises ValueError, naming what was found, for a file of another form, and OSError.
    """
    out = cache_folder() / f"{digest}-{VERSION}.safetensors"
    listing = out.with_suffix(".sha256")
    if out.is_file() and listing.is_file() and listing.read_text() == sha256(out):
        return out
    part = out.with_name(f"{out.name}.{os.getpid()}.part")
    with _in_cache():
        out.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
    try:
        with path.open("rb") as source, part.open("wb") as target:
            _convert(path, source, target)
        with safe_open(part, framework="pt") as made:
            if made.metadata().get("sha256") != digest:
                raise ValueError(f"{path} changed while it was read; run the same command again.")
        listing.unlink(missing_ok=True)
        os.replace(part, out)
        write_bytes(listing, sha256(out).encode())
    finally:
        part.unlink(missing_ok=True)
    return out


def _convert(path: Path, source: BinaryIO, target: BinaryIO) -> None:
    command = [sys.executable, "-I", "-S", "-B", "-c", _START, str(ROOT)]
    kept = {k: v for k, v in os.environ.items() if k in ("LD_LIBRARY_PATH", "SYSTEMROOT")}
    try:
        done = subprocess.run(command, stdin=source, stdout=target, stderr=subprocess.PIPE,
                              env=kept, timeout=TIMEOUT_S, check=False)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ValueError(f"{path} is refused: reading it took more than {TIMEOUT_S} s.") from None
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode == REFUSED:
        raise ValueError(f"{path} is refused: {said}.")
    if done.returncode < 0:
        raise ValueError(
            f"{path} is refused: reading it took more memory or time than is allowed (the reader "
            f"was ended by signal {-done.returncode})."
        )
    if done.returncode:
        why = said.rpartition("\n")[2] or f"status {done.returncode}"
        raise OSError(f"{path} could not be converted to safetensors in {target.name} ({why}).")


def _record(path: Path) -> Path:
    place = str(path.resolve())
    return cache_folder() / f"{path.name}.{hashlib.sha256(place.encode()).hexdigest()[:16]}.json"
