"""Atomic files, strict JSON and the manifest that no flipped byte passes unseen."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable
from pathlib import Path

from dmdrepro.runs.errors import DamagedArtifact

MANIFEST = "manifest.json"


def write_bytes(path: Path, data: bytes) -> None:
    """Write so that a reader sees the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(part, path)


def json_text(value: object) -> str:
    """Strict JSON: infinities become the strings "inf" and "-inf", a NaN is an error."""
    return json.dumps(_strict(value), indent=1, sort_keys=True, allow_nan=False) + "\n"


def write_json(path: Path, value: object) -> None:
    write_bytes(path, json_text(value).encode())


def read_json(path: Path) -> dict:
    """The object in a JSON file; raises DamagedArtifact where it is none."""
    try:
        value = json.loads(path.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DamagedArtifact(f"{path} is not valid JSON ({error}); see --fresh.") from None
    if not isinstance(value, dict):
        raise DamagedArtifact(f"{path} does not hold a JSON object; see --fresh.")
    return value


def sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_manifest(folder: Path, names: Iterable[str]) -> None:
    """Record size and SHA-256 of the folder's finished files."""
    entries = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
        for name in sorted(names)
    }
    write_bytes(folder / MANIFEST, _manifest_bytes(entries))


def verify_manifest(folder: Path) -> dict[str, str]:
    """SHA-256 by file name, after checking each file; raises DamagedArtifact at a difference."""
    path = folder / MANIFEST
    entries = read_json(path).get("files")
    # The manifest guards itself: its own bytes must be what its entries would write.
    if not isinstance(entries, dict) or _manifest_bytes(entries) != path.read_bytes():
        raise DamagedArtifact(_damaged(path))
    for name, entry in entries.items():
        file = folder / name
        if not file.is_file():
            raise DamagedArtifact(f"{file} is missing though {path} lists it; {_REMEDY}")
        if file.stat().st_size != entry["bytes"] or sha256(file) != entry["sha256"]:
            raise DamagedArtifact(_damaged(file))
    return {name: entry["sha256"] for name, entry in entries.items()}


_REMEDY = "restore it, or run that stage again with --fresh (what is there is moved aside)."


def _damaged(path: Path) -> str:
    return f"{path} is not the file that was written (changed or damaged); {_REMEDY}"


def _manifest_bytes(entries: dict) -> bytes:
    seal = hashlib.sha256(json_text(entries).encode()).hexdigest()
    return json_text({"files": entries, "seal": seal}).encode()


def _strict(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _strict(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(inner) for inner in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value
