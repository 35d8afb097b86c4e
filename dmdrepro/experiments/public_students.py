"""Study `public-students`: other people's students of public teachers, and no training.

One EDM ImageNet-64 teacher has seven public students; the files are the user's to fetch.
"""

from dataclasses import dataclass
from pathlib import Path

from dmdrepro.data.imagenet64 import VARIABLE, named_by_variable
from dmdrepro.settings import ConfigError

NAME = "public-students"
QUESTION = "Which public one-step students keep their teacher's pairing?"
EDM = "nvlabs-fi-cdn.nvidia.com/edm/pretrained"
DMD2 = "huggingface.co/tianweiy/DMD2, model/imagenet (CC BY-NC-SA)"
PML = "huggingface.co/UT-Austin-PML"
IMAGENET, CIFAR = "EDM ImageNet-64", "EDM CIFAR-10"
# Teacher -> patterns below the folder of weights, of which the first that is there is taken.
TEACHERS = {
    IMAGENET: ("edm-imagenet-64x64-cond-adm.pkl", "pytorch_model_1.bin"),
    CIFAR: ("edm-cifar10-32x32-uncond-vp.pkl",),
}


@dataclass(frozen=True)
class Public:
    """One public student: the pattern of its file below the folder, and where that is from."""

    name: str
    teacher: str
    file: str
    sigma: float  # G(sigma z; sigma)
    source: str
    path: float | None = None  # learning rate times the student's updates, if published


STUDENTS = (
    *(
        Public(f"DMD2, FID {fid}", IMAGENET, f"*fid{fid}*/pytorch_model.bin", 80.0, DMD2, path)
        for fid, path in (("1.51", 0.077), ("2.61", 0.162), ("1.28", 0.176))
    ),
    *(
        Public(name, IMAGENET, file, 2.5, f"{PML}/{place} (Apache-2.0)")
        for name, file, place in (
            ("SiD", "network-snapshot-1.200000-939176.pkl", "SiD, imagenet64/alpha1.2"),
            ("SiDA", "imgnet64_sida_alpha1-249167.pkl", "SiDA, EDM_distillation"),
            ("SiD2A, alpha 1", "imgnet64_sid2a_alpha1-029499.pkl", "SiDA, EDM_distillation"),
            ("SiD2A, alpha 1.2", "imgnet64_sid2a_alpha1.2-021471.pkl", "SiDA, EDM_distillation"),
        )
    ),
    Public(
        "SiD, CIFAR-10",
        CIFAR,
        "network-snapshot-1.200000-403968.pkl",
        2.5,
        f"{PML}/SiD, cifar10-uncond/alpha1.2 (Apache-2.0)",
    ),
)


def folder_of(named: Path | None) -> Path:
    """The folder of weights, --weights or $DMDREPRO_WEIGHTS; ConfigError if there is none."""
    place = named or named_by_variable()
    if place is None or not place.is_dir():
        what = "needs a folder of weights" if place is None else f"finds no folder {place}"
        files = "; ".join(f"{each.file} ({each.source})" for each in STUDENTS)
        raise ConfigError(
            f"Study {NAME} {what}: give it by --weights DIR or ${VARIABLE}, with "
            f"{TEACHERS[IMAGENET][0]} or {TEACHERS[CIFAR][0]} ({EDM}, CC BY-NC-SA) and any of: "
            f"{files}. Nothing is downloaded."
        )
    return place


def find(folder: Path, *patterns: str) -> Path | None:
    """The file of the first pattern that fits one; ConfigError if it fits two students' files."""
    for pattern in patterns:
        found = sorted(folder.rglob(pattern))
        if len(found) > 1 and pattern != TEACHERS[IMAGENET][1]:  # it is in every folder of DMD2's
            raise ConfigError(f"{found[0]} and {found[1]} are both {pattern}; keep one of them.")
        if found:
            return found[0]
    return None
