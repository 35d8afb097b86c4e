"""Where MNIST's files are: --data, $DMDREPRO_DATA, the cache, and at last the mirrors.

The standard library only, so that a plan can ask before torch is loaded.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dmdrepro.data.mnist_layout import LOOKED_FOR, Absent, Damaged, MnistUnavailable, read_folder

VARIABLE = "DMDREPRO_DATA"
REMEDY = "delete it or put the original file there, then run the same command again"


@dataclass(frozen=True)
class MnistStatus:
    """Where MNIST is, or why it is nowhere."""

    folder: Path | None
    reason: str
    refused: bool = False  # a folder that the user named holds a wrong file: nothing is downloaded
    source: str = ""  # "--data", "$DMDREPRO_DATA" or "the cache"
    passed: str = ""  # what is wrong with the folders that were searched before

    @property
    def found(self) -> bool:
        return self.folder is not None


def default_cache() -> Path:
    """The user's cache folder for MNIST: pooch's, which is not needed to know it."""
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "dmdrepro" / "mnist"
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        return local / "dmdrepro" / "dmdrepro" / "Cache" / "mnist"
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if named.strip() else home / ".cache") / "dmdrepro" / "mnist"


def find_mnist(data_dir: Path | None = None, cache_dir: Path | None = None) -> MnistStatus:
    """Where MNIST is, every byte checked, without the network; takes a fraction of a second.

    Searches `data_dir` (--data), $DMDREPRO_DATA and the cache, in any layout of mnist_layout.py.
    """
    return _search(data_dir, cache_dir or default_cache())[0]


def read_mnist(
    data_dir: Path | None = None,
    offline: bool = False,
    cache_dir: Path | None = None,
    say: Callable[[str], None] = lambda words: None,
) -> dict[str, bytes]:
    """The four files' unpacked bytes by name, downloaded into the cache if they are nowhere.

    `say` is told of a download's progress. Raises MnistUnavailable: a wrong file in a folder that
    was named, nothing found and `offline`, or no mirror that sends the right bytes.
    """
    cache = cache_dir or default_cache()
    status, contents = _search(data_dir, cache)
    if contents is not None:
        return contents
    if status.refused:
        raise MnistUnavailable(f"{status.reason}: {REMEDY}.")
    if offline:
        raise MnistUnavailable(
            f"MNIST is absent ({status.reason}; {LOOKED_FOR}) and nothing may be downloaded: pass "
            "--data FOLDER with its four IDX files, or run once without --offline."
        )
    from dmdrepro.data.mnist_download import fetch

    try:
        return fetch(cache, say)
    except MnistUnavailable as error:
        raise MnistUnavailable(f"{error} Looked at before: {status.reason}.") from None


def _search(data_dir: Path | None, cache: Path) -> tuple[MnistStatus, dict[str, bytes] | None]:
    """The status, and the contents if there are any."""
    variable = os.environ.get(VARIABLE)
    places = [
        ("--data", "--data ", data_dir),
        (f"${VARIABLE}", f"${VARIABLE} = ", Path(variable).expanduser() if variable else None),
        ("the cache", "the cache ", cache),
    ]
    reasons: list[str] = []
    for source, words, folder in places:
        if folder is None:
            continue
        try:
            contents, where = read_folder(Path(folder))
        except Absent as error:
            reasons.append(f"{words}{error}")
        except Damaged as error:
            reasons.append(f"{source} holds a wrong file: {error}")
            if source != "the cache":
                return MnistStatus(None, "; ".join(reasons), refused=True), None
        else:
            passed = "; ".join(reasons)
            return MnistStatus(where, f"found in {where}", False, source, passed), contents
    return MnistStatus(None, "; ".join(reasons), passed="; ".join(reasons)), None
