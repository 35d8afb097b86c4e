"""Samples as they were given: arrays as they are, paths read; folders whose names must agree."""

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from dmdrepro.comparison.real import as_real
from dmdrepro.metrics import load_array
from dmdrepro.metrics.arrays import file_of, split_name
from dmdrepro.metrics.image_folder import image_files
from dmdrepro.metrics.memory import check_memory
from dmdrepro.metrics.other_formats import shown
from dmdrepro.metrics.samples import Samples
from dmdrepro.metrics.solvers import choose_solver


class Reader:
    """Reads what is a path, within the memory that may be taken."""

    def __init__(self, memory: int | None, say: Callable[[str], None] | None) -> None:
        """`memory`: bytes, None: what the system can give; `say` is told of large arrays."""
        self._left, self._say = memory, say or (lambda words: None)

    def read(self, given: Samples | str | Path, n: int | None = None) -> Samples:
        """An array as it is; a path's array. Raises ValueError for a file that cannot be read."""
        if not isinstance(given, str | Path):
            return given
        found = load_array(given, self._left, self._say, n)
        if self._left is not None:
            self._left = max(0, self._left - found.nbytes)
        return found

    def rows(self, given: Samples | str | Path, name: str, n: int | None) -> Samples:
        """The first `n` samples of an array or path; raises ValueError if it has fewer."""
        found = self.read(given, n)
        if n is None or not np.ndim(found):
            return found
        if len(found) < n:
            raise ValueError(f"{name} has {len(found):,} samples and n is {n:,}.")
        return found[:n]


def check_ahead(
    n: int, shape: Sequence[int], real: Samples | str | Path | None, solver: str, memory: int | None
) -> None:
    """Raise ValueError, before networks are drawn from, for what would be refused after it.

    `n`: samples of either, of this `shape`, in float32; the others as of `compare`.
    """
    choose_solver(solver, n)
    if memory is not None:
        what = f"Holding {n:,} samples of teacher and student"
        check_memory(8 * n * math.prod(shape), torch.device("cpu"), what, memory)
    if real is not None:
        as_real(Reader(memory, None).read(real), shape)


def same_file(one: object, other: object) -> bool:
    """Whether both are paths of one array, in whatever way they name it."""
    if not (isinstance(one, str | Path) and isinstance(other, str | Path)):
        return False
    (file, name), (other_file, other_name) = split_name(one), split_name(other)
    return name == other_name and file.samefile(other_file)


def check_folders(teacher: object, student: object, classes: object) -> list[str]:
    """Doubts about the order of a folder's images; ValueError if two folders' names differ."""
    folders = [_folder(each) for each in (teacher, student)]
    names = [folder and [path.stem for path in image_files(folder)] for folder in folders]
    doubts = []
    if None in names or classes is not None:
        found = [_sorted_as_text(*each) for each in zip(folders, names, strict=True) if each[0]]
        doubts = [words for words in found if words]
    if None not in names and names[0] != names[1]:
        parts = []
        for mine, others, folder in zip(names, names[::-1], folders, strict=True):
            if alone := sorted(set(mine) - set(others)):
                more = f" and {len(alone) - 1:,} more" if len(alone) > 1 else ""
                parts.append(f"{shown(alone[0])}{more} only in {shown(folder)}")
        raise ValueError(
            f"The two folders' names do not agree ({'; '.join(parts)}); images of the same noise "
            "need the same name."
        )
    return doubts


def _sorted_as_text(folder: Path, names: list[str]) -> str:
    """A sentence if the names hold numbers whose order is not that of the names."""
    by_number = sorted(names, key=lambda stem: [int(x) for x in re.findall(r"[0-9]+", stem)])
    first = next((pair for pair in zip(names, by_number, strict=True) if pair[0] != pair[1]), None)
    if first is None:
        return ""
    return (
        f"The images of {shown(folder)} are taken in the order of their names as text, in which "
        f"{shown(first[0])} comes before {shown(first[1])}: is that the order of the other samples?"
    )


def check_shapes(x: torch.Tensor, y: torch.Tensor) -> None:
    """Raise ValueError for sets of unequal shapes, with what is likely to be the matter."""
    if x.shape == y.shape:
        return
    words = f"teacher {tuple(x.shape)}, student {tuple(y.shape)}"
    one, other = x.shape[1:], y.shape[1:]
    if one == other:
        raise ValueError(
            f"The sets differ in shape ({words}): {len(x):,} samples against {len(y):,}, and row i "
            "of both must be from the same noise."
        )
    if sorted(one) == sorted(other) and len(one) == 3:
        raise ValueError(
            f"The sets differ in shape ({words}): one has its channels last; move them by "
            "x.transpose(0, 3, 1, 2)."
        )
    raise ValueError(f"The sets differ in shape ({words}); row i of each must belong together.")


def _folder(path: object) -> Path | None:
    if not isinstance(path, str | Path):
        return None
    file = file_of(path)
    return file if file.is_dir() else None
