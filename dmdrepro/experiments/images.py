"""The high-dimensional experiments: MNIST, conditional MNIST, the MLP manifold, ImageNet-64."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from dmdrepro.data import Data, ImageNet64, MlpManifold, Mnist
from dmdrepro.experiments.config import Experiment, Teacher
from dmdrepro.experiments.sampling import Sampling
from dmdrepro.models import AdmUnet, Model

# Appendix D asks for AdamW at 2e-6 for "all models"; from random weights that cannot train a
# teacher in 8192 iterations, so the teacher's optimiser is our choice (docs/choices.md).
_TEACHER = Teacher(snapshots=(8192,), batch=128, lr=3e-4, warmup=200)
_SIX_TEACHERS = replace(_TEACHER, snapshots=(1024, 2048, 3072, 4096, 6144, 8192))

_LAPTOP = {
    "data.resolution": 16,
    "model.width": 16,
    "model.channel_mult": (1, 2, 2),
    "model.num_blocks": 1,
    "model.attn_resolutions": (),
    "precision": "float32",
    "teacher.batch": 32,
    "teacher.lr": 2e-3,
    "teacher.warmup": 100,
    "distill.iterations": 600,
    "distill.snapshots": (50, 150, 300),
    "distill.lr": 2e-4,
    "distill.warmup": 50,
    "sampling.total": 1000,
    "sampling.phi_32": 100,
}
# The paper's images and U-Net, in float32, with shorter teachers and a student of the paper's path
# (0.02) at a hundred times its rate, for two CPU cores and many hours.
_LAPTOP_32 = {
    "precision": "float32",
    "teacher.batch": 32,
    "teacher.lr": 5e-4,
    "teacher.warmup": 100,
    "distill.iterations": 600,
    "distill.snapshots": (150, 300),
    "distill.lr": 2e-4,
    "distill.warmup": 50,
    "sampling.total": 1000,
    "sampling.batch": 100,  # attention at 32x32 holds 1024 x 1024 weights a sample and head
}
_SMOKE = {
    "data.resolution": 8,
    "model.width": 8,
    "model.channel_mult": (1, 2),
    "model.num_blocks": 1,
    "model.attn_resolutions": (),
    "precision": "float32",
    "teacher.batch": 16,
    "teacher.warmup": 5,
    "distill.iterations": 15,
    "distill.snapshots": (5,),
    "distill.batch": 8,
    "distill.warmup": 3,
    "sampling.pairing": 48,
    "sampling.total": 64,
    "sampling.sizes": (16, 32, 64),
    "sampling.heatmap": 24,
    "sampling.batch": 64,
}


def _sizes(
    laptop: tuple[int, ...],
    laptop_32: tuple[int, ...] = (2048,),
    smoke: tuple[int, ...] = (20,),
) -> dict[str, dict[str, object]]:
    """The smaller sizes, by the iterations of their teachers."""
    return {
        "laptop": {**_LAPTOP, "teacher.snapshots": laptop},
        "laptop-32": {**_LAPTOP_32, "teacher.snapshots": laptop_32},
        "smoke": {**_SMOKE, "teacher.snapshots": smoke},
    }


@dataclass(frozen=True)
class _ImageExperiment(Experiment):
    name: str = ""
    data: Data = field(default_factory=Mnist)
    model: Model = field(default_factory=AdmUnet)
    teacher: Teacher = _TEACHER
    precision: str = "bfloat16"


@dataclass(frozen=True)
class MnistExperiment(_ImageExperiment):
    """Unconditional MNIST, one student from each of six teacher snapshots.

    Command: `python reproduce.py all mnist`.
    Paper: sections 3.4 and 4, Figures 1, 3 (right), 4, 9 to 12. Expected there: Delta_E = 1.05,
    0.389, 0.237, 0.0367 for teachers of 1024, 2048, 4096, 8192 iterations.
    Cost: laptop about five minutes on two cores; paper size needs a GPU.
    """

    REDUCED: ClassVar = _sizes((512, 3072), (256, 2048), (10, 20))
    PAPER: ClassVar = "sections 3.4, 4; figures 1, 3, 4, 9-12"

    name: str = "mnist"
    data: Data = field(default_factory=Mnist)
    teacher: Teacher = _SIX_TEACHERS


@dataclass(frozen=True)
class MnistConditionalExperiment(_ImageExperiment):
    """Class-conditional MNIST, one student.

    Command: `python reproduce.py all mnist-conditional`.
    Paper: appendix A, Figures 6 to 8. Expected there: figures only, copying stronger still.
    Cost: laptop about three minutes on two cores; paper size needs a GPU.
    """

    REDUCED: ClassVar = _sizes((2048,))
    PAPER: ClassVar = "appendix A, figures 6-8"

    name: str = "mnist-conditional"
    data: Data = field(default_factory=lambda: Mnist(conditional=True))


@dataclass(frozen=True)
class ManifoldExperiment(_ImageExperiment):
    """Random-MLP images of a 16-dimensional Gaussian with class stripes, conditional.

    Command: `python reproduce.py all mlp-manifold`.
    Paper: appendix A, Figures 6 to 8. Expected there: figures only, copying stronger still.
    Cost: laptop about three minutes on two cores; paper size needs a GPU.
    """

    REDUCED: ClassVar = _sizes((1536,))
    PAPER: ClassVar = "appendix A, figures 6-8"

    name: str = "mlp-manifold"
    data: Data = field(default_factory=MlpManifold)


_LAPTOP_IMAGENET = {
    "precision": "float32",
    "distill.iterations": 50,
    "distill.snapshots": (10,),
    "distill.batch": 4,
    "distill.warmup": 10,
    "sampling.pairing": 64,
    "sampling.total": 64,
    "sampling.sizes": (16, 32, 64),
    "sampling.heatmap": 24,
    "sampling.batch": 4,
}


@dataclass(frozen=True)
class ImageNet64Experiment(_ImageExperiment):
    """Conditional ImageNet-64, distilled from the public EDM teacher; needs no images.

    Command: `python reproduce.py all imagenet64 --size paper --weights DIR`; without weights it
    says which file to get.
    Paper: appendices A and D, Figures 6 to 8. Expected there: figures only, copying stronger still.
    Cost: not measured; `--dry-run` estimates it.
    """

    REDUCED: ClassVar = {
        "laptop": _LAPTOP_IMAGENET,
        "laptop-32": _LAPTOP_IMAGENET,
        "smoke": {k: v for k, v in _SMOKE.items() if not k.startswith("teacher.")},
    }
    PAPER: ClassVar = "appendix A, figures 6-8"

    name: str = "imagenet64"
    data: Data = field(default_factory=ImageNet64)
    model: Model = field(default_factory=lambda: AdmUnet(width=192))
    # EDM's: 2,500 million images in batches of 4,096 (its table 7). It is imported, not trained.
    teacher: Teacher = field(default_factory=lambda: Teacher(snapshots=(610_352,), batch=4096))
    # Attention at 32x32 with 1,024 pixels.
    sampling: Sampling = field(default_factory=lambda: Sampling(batch=100))
