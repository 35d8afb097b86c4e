"""Small PNGs in a folder for each class: `all pictures --load docs/examples/pictures.py`.

The folder is `pictures` below the current one, or `--set data.folder=FOLDER`; its subfolders are
the classes. Each image is read in grey levels, `resolution` pixels a side.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from dmdrepro.data import Data
from dmdrepro.data.dataset import Files
from dmdrepro.experiments import Distill, Experiment, Sampling, Teacher, register
from dmdrepro.models import AdmUnet, Model


@dataclass(frozen=True)
class Pictures(Data):
    """The settings; what `make` returns holds the images."""

    needs = "pictures"

    folder: str = "pictures"
    resolution: int = 32

    @property
    def shape(self):
        return (1, self.resolution, self.resolution)

    @property
    def classes(self):
        return len(self._folders())

    @property
    def training_size(self):
        return len(self._files())

    def files(self, folder, offline):
        lacking = f"there is no PNG in a subfolder of {self.folder}"
        return Files("" if self._files() else lacking)

    def make(self, folder=None, offline=False, say=lambda words: None):
        """Read all images; the first that has another size is named."""
        import numpy as np
        import torch
        from PIL import Image

        images, labels = [], []
        for file in self._files():
            with Image.open(file) as image:
                if image.size != (self.resolution, self.resolution):
                    raise ValueError(f"{file} has {image.size} pixels, not {self.shape[1:]}")
                images.append(np.asarray(image.convert("L"), dtype=np.float32) / 127.5 - 1)
            labels.append(self._folders().index(file.parent))
        return Loaded(self, torch.from_numpy(np.stack(images))[:, None], torch.tensor(labels))

    def _folders(self):
        return sorted(path for path in Path(self.folder).glob("*") if path.is_dir())

    def _files(self):
        return [file for folder in self._folders() for file in sorted(folder.glob("*.png"))]


class Loaded(Data):
    """The images in memory: float32 [N, 1, H, W] in [-1, 1], and their classes [N]."""

    def __init__(self, settings, images, labels):
        self.settings, self.training_set, self.labels = settings, images, labels
        self.shape, self.classes = settings.shape, settings.classes

    def sample(self, n, generator):
        """Images drawn with replacement, and their classes, on the generator's device."""
        import torch

        drawn = torch.randint(len(self.labels), (n,), generator=generator, device=generator.device)
        return self.training_set[drawn], self.labels[drawn]

    def to(self, device):
        return Loaded(self.settings, self.training_set.to(device), self.labels.to(device))


@register
@dataclass(frozen=True)
class PicturesExperiment(Experiment):
    """Images of one's own, told their class."""

    REDUCED: ClassVar = {
        "smoke": {
            "data.resolution": 8,
            "model.width": 8,
            "model.channel_mult": (1, 2),
            "model.num_blocks": 1,
            "model.attn_resolutions": (),
            "teacher.snapshots": (10,),
            "teacher.batch": 16,
            "distill.iterations": 10,
            "distill.snapshots": (5,),
            "distill.batch": 8,
            "sampling.pairing": 32,
            "sampling.total": 48,
            "sampling.sizes": (16, 32, 48),
            "sampling.heatmap": 24,
            "sampling.batch": 48,
        },
    }

    name: str = "pictures"
    data: Data = field(default_factory=Pictures)
    model: Model = field(default_factory=lambda: AdmUnet(width=32, attn_resolutions=()))
    teacher: Teacher = field(default_factory=Teacher)
    distill: Distill = field(default_factory=Distill)
    sampling: Sampling = field(default_factory=lambda: Sampling(pairing=100, sizes=(50, 100)))
