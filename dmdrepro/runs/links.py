"""A run folder holds files of its own: nothing is read or written through a link in it."""

import os
from pathlib import Path

from dmdrepro.runs.errors import DamagedArtifact


def refuse_links(path: Path, runs: Path) -> None:
    """Raise DamagedArtifact if `path`, what is in it, or a folder between it and `runs` is a link.

    So too for a pipe, a socket or a device, which a read would wait for without end. `runs` itself
    may be a link. A symbolic link would lead a write or a removal to somebody else's files. Hard
    links are no danger: every file is replaced, never written into (the log is copied first).
    """
    refuse_links_above(path, runs)
    if path.is_symlink():
        raise DamagedArtifact(_sentence(path))
    if path.is_dir():
        with os.scandir(path) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_symlink():
                    raise DamagedArtifact(_sentence(path / entry.name))
                if not (entry.is_file() or entry.is_dir()):
                    raise DamagedArtifact(_no_file(path / entry.name))
    elif path.exists() and not path.is_file():
        raise DamagedArtifact(_no_file(path))


def refuse_links_above(path: Path, runs: Path) -> None:
    """Raise DamagedArtifact if a folder between `runs` and `path` is a link."""
    place = runs
    for name in path.relative_to(runs).parts[:-1]:
        place = place / name
        if place.is_symlink():
            raise DamagedArtifact(_sentence(place))


def own_name(name: object) -> bool:
    """Whether a listing may name this file: one in its own folder."""
    return (
        isinstance(name, str)
        and name not in ("", ".", "..")
        and not {"/", "\\", "\0"} & set(name)
        and name == Path(name).name
    )


def _no_file(path: Path) -> str:
    return f"{path} is neither a file nor a folder (a pipe, a socket or a device); move it away."


def _sentence(link: Path) -> str:
    return (
        f"{link} is a link: below --runs nothing is read or written through one (--runs itself "
        "may be a link). Move it away, or put the file or folder itself there."
    )
