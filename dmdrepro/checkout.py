"""In a checkout `kernels/` and `paper_figures/` lie beside this package, installed they lie inside.

Their names are always `dmdrepro.kernels` and `dmdrepro.paper_figures`: the name `kernels` alone
belongs to Hugging Face's package of kernels, which transformers imports.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent
BESIDE = ("kernels", "paper_figures")


class _Beside:
    """Finds the packages that lie beside this one under their full names."""

    @staticmethod
    def find_spec(fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        parent, _, name = fullname.rpartition(".")
        if parent != "dmdrepro" or name not in BESIDE:
            return None
        folder = ROOT / name
        return spec_from_file_location(
            fullname, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )


def is_checkout() -> bool:
    """Whether this package is imported from the repository, and not from an installation."""
    return all(
        (ROOT / name / "__init__.py").is_file() and not (PACKAGE / name).exists() for name in BESIDE
    )


def environment() -> dict[str, str]:
    """This process's, in which `python -P -m dmdrepro...` finds this same code."""
    if not is_checkout():
        return dict(os.environ)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


@contextmanager
def importable() -> Iterator[None]:
    """Processes that multiprocessing spawns meanwhile find this same code: they get our path."""
    before = list(sys.path)
    sys.path[:0] = [str(ROOT)] if is_checkout() else []
    try:
        yield
    finally:
        sys.path[:] = before


def map_beside() -> None:
    """Make both packages importable, in a checkout that is not installed too."""
    if is_checkout() and _Beside not in sys.meta_path:
        sys.meta_path.insert(0, _Beside)


def leave_path() -> None:
    """Take the repository's root off the path, for there `import kernels` would find ours.

    To be called by programs that were started in the repository, after `import dmdrepro`.
    """
    if is_checkout():
        sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]
