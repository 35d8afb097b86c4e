"""Atomic files, strict JSON and the manifest that no flipped byte passes unseen."""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.links import own_name

MANIFEST = "manifest.json"


def write_bytes(path: Path, data: bytes) -> None:
    """Write so that a reader sees the old file or the new one, never half.

    A file that holds these bytes already is left alone, so a finished run can be shown from a
    read-only disk. A write that fails leaves no part behind, and its OSError names `path`. A link's
    file, a device or a pipe is written to and not replaced (in a run folder they are refused).
    """
    if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return
    if path.exists() and not path.is_file():
        with naming(path):
            path.write_bytes(data)
        return
    path = path.resolve() if path.is_symlink() else path
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_bytes(path, data)


def replace_bytes(path: Path, data: bytes) -> None:
    """Put a new file with these bytes in the place of `path`, whatever lies there."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # another process writes its own
    try:
        with naming(path):
            part.unlink(missing_ok=True)  # of a dead process that had this number
            with part.open("xb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(part, path)
    except BaseException:  # a second Ctrl-C too
        part.unlink(missing_ok=True)
        raise


def set_aside(path: Path) -> Path | None:
    """Rename what lies there to the first free of `.old1`, `.old2`, ...; None if nothing does."""
    if not os.path.lexists(path):
        return None
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.old{number}")):
        number += 1
    return path.rename(aside)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Give an OSError that names no file (a full disk's) the name of the one being written."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def json_text(value: object) -> str:
    """Strict JSON: infinities become the strings "inf" and "-inf", a NaN is an error."""
    return json.dumps(_strict(value), indent=1, sort_keys=True, allow_nan=False) + "\n"


def part_by_part(record: dict) -> str:
    """Strict JSON with each part of the record on one line: small, and readable in a diff."""
    parts = (
        f"{json.dumps(key)}: {json.dumps(part, sort_keys=True, allow_nan=False)}"
        for key, part in sorted(_strict(record).items())
    )
    return "{\n" + ",\n".join(parts) + "\n}\n"


def write_json(path: Path, value: object) -> None:
    write_bytes(path, json_text(value).encode())


def remembered(path: Path) -> dict:
    """The object that `remember` has kept in a file of the cache; empty if it is not ours."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def remember(path: Path, key: str, found: object) -> None:
    """Keep it beside what is remembered, if the cache can be written."""
    with suppress(OSError):
        write_json(path, {**remembered(path), key: found})


def read_json(path: Path) -> dict:
    """The object in a strict JSON file; raises DamagedArtifact for any other."""
    try:
        value = json.loads(path.read_text(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DamagedArtifact(f"{path} is not valid JSON ({error}); {_REMEDY}") from None
    if not isinstance(value, dict):
        raise DamagedArtifact(f"{path} does not hold a JSON object; {_REMEDY}")
    return value


def sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_sealed(path: Path, key: str, value: dict) -> None:
    """Write `{key: value, "seal": SHA-256 of the value}`: a file that guards itself."""
    write_bytes(path, _sealed_bytes(key, value))


def read_sealed(path: Path, key: str) -> dict:
    """The value that `write_sealed` wrote; raises DamagedArtifact if any byte has changed."""
    value = read_json(path).get(key)
    # The file's own bytes must be what its value would write.
    if not isinstance(value, dict) or _sealed_bytes(key, value) != path.read_bytes():
        raise DamagedArtifact(damaged(path))
    return value


def write_manifest(folder: Path, names: Iterable[str]) -> None:
    """Record size and SHA-256 of the folder's finished files."""
    entries = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
        for name in sorted(names)
    }
    write_sealed(folder / MANIFEST, "files", entries)


def verify_manifest(folder: Path) -> dict[str, str]:
    """SHA-256 by file name, after checking each file; raises DamagedArtifact at a difference."""
    listing = folder / MANIFEST
    listed = read_manifest(listing)
    for name, digest in listed.items():
        check_file(folder / name, digest, listing)
    return listed


def read_manifest(listing: Path) -> dict[str, str]:
    """SHA-256 by file name as listed, no file looked at; raises DamagedArtifact if changed."""
    entries = read_sealed(listing, "files")
    found = {
        name: entry.get("sha256") if isinstance(entry, dict) else None
        for name, entry in entries.items()
    }
    if not digests(found):
        raise DamagedArtifact(unexpected(listing))
    return found


def digests(value: object) -> bool:
    """Whether this is a dictionary of file names, of one folder, and texts."""
    return isinstance(value, dict) and all(
        own_name(name) and isinstance(digest, str) for name, digest in value.items()
    )


def check_file(file: Path, digest: str, listing: Path) -> None:
    """Raise DamagedArtifact unless the file that `listing` lists is there with that SHA-256."""
    if not file.is_file():
        raise DamagedArtifact(missing(file, f"{listing} lists it"))
    if sha256(file) != digest:
        raise DamagedArtifact(damaged(file))


# For every command: `study` and `compare` have no --fresh.
_REMEDY = "restore it, or move its folder away and make it again."


def missing(path: Path, why: str) -> str:
    """The sentence about a file that is not there though, says `why`, it was."""
    return f"{path} is missing though {why}; {_REMEDY}"


def damaged(path: Path) -> str:
    """The sentence about a file whose bytes have changed."""
    return f"{path} is not the file that was written (changed or damaged); {_REMEDY}"


def unexpected(path: Path, what: str = "") -> str:
    """The sentence about a file that is whole, but does not hold what it should; `what`: where."""
    return f"{path} does not hold what this version writes{what and f' ({what})'}; {_REMEDY}"


def _sealed_bytes(key: str, value: dict) -> bytes:
    seal = hashlib.sha256(json_text(value).encode()).hexdigest()
    return json_text({key: value, "seal": seal}).encode()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number in strict JSON")


def _strict(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _strict(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(inner) for inner in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value
