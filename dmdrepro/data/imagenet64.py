"""ImageNet at 64x64: without images, since distillation needs only a public teacher's weights."""

import os
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from dmdrepro.data.dataset import Data, Files
from dmdrepro.settings import require_count

VARIABLE = "DMDREPRO_WEIGHTS"
# The teacher's files, the first that is there is taken: name, size, address, licence.
TEACHERS = (
    (
        "edm-imagenet-64x64-cond-adm.pkl",
        "1.1 GB",
        "https://nvlabs-fi-cdn.nvidia.com/edm/pretrained/edm-imagenet-64x64-cond-adm.pkl",
        "CC BY-NC-SA 4.0",
    ),
    (
        "pytorch_model_1.bin",  # the teacher inside, real_unet.*
        "2.4 GB",
        "https://huggingface.co/tianweiy/DMD2/tree/main/model/imagenet, in the folder of a student",
        "CC BY-NC-SA 4.0",
    ),
)
# Names of students' files: DMD2's, SiD's, SiDA's, and those of our own runs. Their form is that of
# a teacher's, so nothing else tells them.
STUDENTS = (
    *("pytorch_model.bin", "network-snapshot-*.*-*.pkl", "imgnet64_sid*.pkl"),
    "student*.safetensors",
)
SUFFIXES = (".pkl", ".bin", ".pth", ".pt", ".safetensors")


class TeacherUnavailable(Exception):
    """The teacher's file is not there; the message says where to get it."""


@dataclass(frozen=True)
class ImageNet64(Data):
    """ImageNet's 1000 classes at 64x64; its teacher is imported, since there are no images."""

    sampled = False
    needs = "a teacher's weights (--weights)"

    resolution: int = 64
    classes: int = 1000

    def __post_init__(self) -> None:
        require_count("data.resolution", self.resolution)
        require_count("data.classes", self.classes)

    @property
    def shape(self) -> tuple[int, int, int]:
        return (3, self.resolution, self.resolution)

    def files(self, folder: Path | None, offline: bool) -> Files:
        """Whether the teacher's file is there; `folder`: as of `find_teacher`."""
        try:
            return Files(remark=f"imagenet64's teacher is imported from {find_teacher(folder)}.")
        except TeacherUnavailable as error:
            return Files(lacking=str(error))


def find_teacher(named: Path | None) -> Path:
    """The teacher's file, `named` (--weights) or in that folder; else of $DMDREPRO_WEIGHTS.

    In a folder: a file of a known name, else the only file of weights that is not a student's.
    Raises TeacherUnavailable.
    """
    place = named or named_by_variable()
    found = "needs weights" if place is None else _teacher_at(place)
    if isinstance(found, Path):
        return found
    raise TeacherUnavailable(f"{found}: {_wanted()}")


def _teacher_at(place: Path) -> Path | str:
    """The teacher's file, or why there is none."""
    if place.is_file() and _is_student(place):
        return f"needs a teacher, and {place} is a student's"
    if place.is_file():
        none = f"needs weights, and {place} is not a file of weights"
        return place if place.suffix in SUFFIXES else none
    if not place.is_dir():
        return f"needs weights, and there is no {place}"
    for name, *_ in TEACHERS:
        if (place / name).is_file():
            return place / name
    every = sorted(path for path in place.iterdir() if path.suffix in SUFFIXES)
    others = [path for path in every if not _is_student(path)]
    if every and not others:
        return f"needs a teacher, and {place} holds only a student's weights ({every[0].name})"
    if len(others) > 1:
        listed = ", ".join(path.name for path in others[:5])
        raise TeacherUnavailable(
            f"needs weights, and {place} holds {len(others)} files of weights ({listed}); name the "
            "teacher's file itself by --weights"
        )
    return others[0] if others else f"needs weights, and {place} holds none"


def named_by_variable() -> Path | None:
    """What $DMDREPRO_WEIGHTS names."""
    words = os.environ.get(VARIABLE, "").strip()
    return Path(words).expanduser() if words else None


def _is_student(path: Path) -> bool:
    return any(fnmatch(path.name, pattern) for pattern in STUDENTS)


def _wanted() -> str:
    files = "; or ".join(f"{n} ({size}, {where}, {terms})" for n, size, where, terms in TEACHERS)
    return (
        f"download the teacher's file and name its folder by --weights DIR or ${VARIABLE}: {files}"
    )
