"""ImageNet at 64x64: only the public teacher's weights know it here."""

from __future__ import annotations

from dataclasses import dataclass

from dmdrepro.data.dataset import Data
from dmdrepro.settings import require_count


@dataclass(frozen=True)
class ImageNet64(Data):
    """ImageNet at 64x64, 1000 classes; without samples, so no teacher can be trained on it."""

    shape = (3, 64, 64)
    needs = "ImageNet-64 teacher weights"

    classes: int = 1000

    def __post_init__(self) -> None:
        require_count("data.classes", self.classes)
