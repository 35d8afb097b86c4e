"""MNIST's four files: what they are called, what their unpacked bytes are, what is wrong with one.

Mirrors pack the same bytes with different gzip headers, so it is the unpacked bytes that count.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

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


class MnistUnavailable(RuntimeError):
    """MNIST cannot be had; the message is one sentence: what, where, what to do."""


class Absent(Exception):
    """A folder that does not hold all four files; the message says what is missing."""


class Damaged(Exception):
    """A file that bears one of the names and is not that file; the message names it."""


def read_checked(path: Path, name: str) -> bytes:
    """The unpacked bytes of `path` if they are those of the file `name`; raises Damaged."""
    size, digest = FILES[name]
    try:
        with path.open("rb") as handle:
            start = handle.read(512)
            handle.seek(0)
            if packed(start):
                with gzip.GzipFile(fileobj=handle) as unpacking:
                    data = unpacking.read(size + 1)
            else:
                data = handle.read(size + 1)
    except EOFError:
        raise Damaged(f"{path} is truncated (the gzip stream ends early)") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise Damaged(f"{path} is damaged (gzip: {error})") from None
    except OSError as error:
        raise Damaged(f"{path} cannot be read ({error.strerror or error})") from None
    if not start:
        raise Damaged(f"{path} is empty")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise Damaged(f"{path} is a web page (HTML or XML), not MNIST")
    if len(data) < size:
        counts = f"{len(data):,} bytes, not {size:,}"
        raise Damaged(f"{path} is too short or truncated ({counts}; {_hashes(data, digest)})")
    if len(data) > size:
        raise Damaged(
            f"{path} is another file (longer than {size:,} bytes; {_hashes(b'', digest)})"
        )
    if hashlib.sha256(data).hexdigest() != digest:
        raise Damaged(f"{path} is not MNIST's {name} ({_hashes(data, digest)})")
    return data


def _hashes(data: bytes, digest: str) -> str:
    """The SHA-256 of what was read, if all of it was, and the right one, both shortened."""
    found = f"{hashlib.sha256(data).hexdigest()[:12]}..., " if data else ""
    return f"SHA-256 {found}not {digest[:12]}..."


def packed(start: bytes) -> bool:
    """Whether a file that starts so is a gzip file, whatever its name says."""
    return start.startswith(b"\x1f\x8b")
