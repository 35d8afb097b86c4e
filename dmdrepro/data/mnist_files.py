"""Where MNIST's files are: --data, $DMDREPRO_DATA, the cache, and at last the mirrors.

The standard library only, so that a plan can ask before torch is loaded.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dmdrepro.data.mnist_check import Absent, Damaged, MnistUnavailable, read_folder

__all__ = ["MnistStatus", "MnistUnavailable", "default_cache", "find_mnist", "read_mnist"]

VARIABLE = "DMDREPRO_DATA"


@dataclass(frozen=True)
class MnistStatus:
    """Where MNIST is (`folder`), or `reason`: why it is nowhere.

    `refused`: a folder that the user named holds a wrong file. Then nothing is downloaded behind
    the user's back: the file is named and has to be removed or replaced.
    """

    folder: Path | None
    reason: str
    refused: bool = False

    @property
    def found(self) -> bool:
        return self.folder is not None


def default_cache() -> Path:
    """The user's cache folder for MNIST."""
    import pooch

    return Path(pooch.os_cache("dmdrepro")) / "mnist"


def find_mnist(data_dir: Path | None = None, cache_dir: Path | None = None) -> MnistStatus:
    """Where MNIST is, every byte checked, without the network; takes a fraction of a second.

    Looks in `data_dir` (--data) and its subfolder `mnist`, in the same two of $DMDREPRO_DATA, and
    in the cache, for the four IDX files, unpacked or .gz.
    """
    return _search(data_dir, cache_dir or default_cache())[0]


def read_mnist(
    data_dir: Path | None = None, offline: bool = False, cache_dir: Path | None = None
) -> dict[str, bytes]:
    """The four files' unpacked bytes by name, downloaded into the cache where they are nowhere.

    Raises MnistUnavailable: a wrong file in a folder that was named, nothing found and `offline`,
    or no mirror that sends the right bytes.
    """
    cache = cache_dir or default_cache()
    status, contents = _search(data_dir, cache)
    if contents is not None:
        return contents
    if status.refused:
        raise MnistUnavailable(
            f"{status.reason}: delete it or put the original file there, then run the same "
            "command again."
        )
    if offline:
        raise MnistUnavailable(
            f"MNIST is absent ({status.reason}) and nothing may be downloaded: pass "
            "--data FOLDER with its four IDX files, or run once without --offline."
        )
    from dmdrepro.data.mnist_download import fetch

    return fetch(cache)


def _search(data_dir: Path | None, cache: Path) -> tuple[MnistStatus, dict[str, bytes] | None]:
    """The status, and the contents where there are any."""
    named = [Path(d) for d in (data_dir, os.environ.get(VARIABLE)) if d]
    reasons = []
    for folder in [inner for d in named for inner in (d, d / "mnist")]:
        try:
            contents = read_folder(folder)
        except Absent as error:
            if folder in named or folder.is_dir():
                reasons.append(str(error))
        except Damaged as error:
            return MnistStatus(None, str(error), refused=True), None
        else:
            return MnistStatus(folder, f"found in {folder}"), contents
    try:
        contents = read_folder(cache)
    except (Absent, Damaged) as error:
        reasons.append(f"the cache {error}" if isinstance(error, Absent) else str(error))
        return MnistStatus(None, "; ".join(reasons)), None
    return MnistStatus(cache, f"found in {cache}"), contents
