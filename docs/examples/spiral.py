"""A spiral in R^8 with its exact denoiser: `all spiral --load docs/examples/spiral.py`."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from dmdrepro.data import Data
from dmdrepro.experiments import (
    Arm,
    Distill,
    Experiment,
    Sampling,
    Study,
    Teacher,
    register,
    register_study,
)
from dmdrepro.measures import register as register_measure
from dmdrepro.measures.measure import Measure, Measured, Quantity
from dmdrepro.models import Mlp, Model
from dmdrepro.runs.shape import Maybe, number


@dataclass(frozen=True)
class Spiral(Data):
    """Gaussians of standard deviation `sd` whose means lie on a spiral that winds through R^8."""

    exact = True
    shape = (8,)

    turns: float = 1.5
    components: int = 256
    sd: float = 0.05

    def sample(self, n, generator):
        """(x float32 [n, 8], None), on the generator's device."""
        import torch

        where = {"generator": generator, "device": generator.device}
        chosen = torch.randint(self.components, (n,), **where)
        noise = self.sd * torch.randn((n, 8), **where)
        return self.means(generator.device)[chosen].float() + noise, None

    def denoise(self, x, sigma):
        """E[x0 | x0 + sigma eps = x] of a mixture of Gaussians, float64 [B, 8]."""
        import torch

        x, means = x.double(), self.means(x.device)
        sigma = torch.as_tensor(sigma, dtype=torch.float64, device=x.device).reshape(-1, 1)
        variance = self.sd**2 + sigma**2  # [1 or B, 1]
        squared = torch.cdist(x, means) ** 2  # [B, components]
        nearest = (-squared / (2 * variance)).softmax(1) @ means  # E[mean | x]
        return nearest + (x - nearest) * self.sd**2 / variance

    def means(self, device):
        """float64 [components, 8]."""
        import torch

        t = torch.linspace(0, 1, self.components, dtype=torch.float64, device=device)
        angle = 2 * math.pi * self.turns * t
        waves = [wave(k * angle) / k for k in (1, 2, 3, 4) for wave in (torch.cos, torch.sin)]
        return (0.3 + t)[:, None] * torch.stack(waves, 1)


@register
@dataclass(frozen=True)
class SpiralExperiment(Experiment):
    """A spiral in eight dimensions, whose exact denoiser is known."""

    REDUCED: ClassVar = {
        "laptop": {"teacher.snapshots": (2000,), "distill.iterations": 3000},
        "smoke": {
            "model.width": 32,
            "model.hidden_layers": 2,
            "teacher.snapshots": (60,),
            "teacher.batch": 64,
            "distill.iterations": 40,
            "distill.snapshots": (10, 20),
            "distill.batch": 32,
            "sampling.pairing": 64,
            "sampling.total": 128,
            "sampling.sizes": (16, 32, 64, 128),
            "sampling.heatmap": 24,
        },
    }

    name: str = "spiral"
    data: Data = field(default_factory=Spiral)
    model: Model = field(default_factory=lambda: Mlp(width=128))
    teacher: Teacher = field(default_factory=lambda: Teacher(batch=256, lr=1e-3))
    distill: Distill = field(
        default_factory=lambda: Distill(batch=256, lr=2e-4, snapshots=(100, 500, 1000))
    )
    sampling: Sampling = field(default_factory=lambda: Sampling(total=2000))


register_study(
    Study(
        "spiral-turns",
        "Does a student of a longer spiral lose more of the pairing?",
        "spiral",
        "laptop",
        tuple(Arm(f"turns={turns}", {"data.turns": str(turns)}) for turns in (0.5, 1.5, 3.0)),
    )
)


def _spread(of):
    """Of each student the standard deviation of all coordinates; None of other data."""
    if not isinstance(of.experiment.data, Spiral):
        return None
    found = {name: {"sd": float(of.samples[name].std())} for name in (*of.kept, "student")}
    return Measured({"spread": found.pop("student")}, found)


register_measure(
    Measure(
        "spread",
        "How wide the samples lie",
        measure=_spread,
        shape={"spread": Maybe({"sd": number})},
        at_stop={"sd": number},
        quantities=(Quantity("spread", ("sd",), "Standard deviation of all coordinates"),),
    )
)
