"""A user's own file: a data set, a network and an experiment, and the whole pipeline runs them."""

import json
import math
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
import torch
from report_runs import rows_in
from torch import nn

from dmdrepro.data import Data
from dmdrepro.experiments import REGISTRY, ConfigError, Experiment, build, register
from dmdrepro.experiments.config import Distill, Teacher
from dmdrepro.experiments.estimate import estimate
from dmdrepro.experiments.sampling import Sampling
from dmdrepro.models import Model
from dmdrepro.stages.context import Context
from dmdrepro.stages.distill import make_student
from dmdrepro.stages.evaluate import make_evaluation
from dmdrepro.stages.run import Run
from dmdrepro.stages.sample import make_samples
from dmdrepro.stages.teacher import make_teacher
from dmdrepro.training.session import Session


@dataclass(frozen=True)
class Spiral(Data):
    """Points of two arms of a spiral in the plane, told apart by their class."""

    shape = (2,)
    classes = 2

    turns: float = 1.0

    def sample(self, n, generator):
        arm = torch.randint(2, (n,), generator=generator, device=generator.device)
        t = torch.rand(n, generator=generator, device=generator.device)
        angle = 2 * math.pi * self.turns * t + math.pi * arm
        return (t * torch.stack((angle.cos(), angle.sin()))).T, arm


@dataclass(frozen=True)
class Known(Spiral):
    exact = True

    def denoise(self, x, sigma):
        return 0 * x.double()


@dataclass(frozen=True)
class TwoLayers(Model):
    hidden: int = 16

    def network(self, shape, classes):
        return Net(shape[0], self.hidden, classes)


class Net(nn.Module):
    def __init__(self, dim, hidden, classes):
        super().__init__()
        self.first, self.out = nn.Linear(dim + 1 + classes, hidden), nn.Linear(hidden, dim)

    def forward(self, x, noise, class_labels=None):
        told = [x, noise.expand(len(x))[:, None], class_labels]
        return self.out(self.first(torch.cat(told, 1)).tanh())


@dataclass(frozen=True)
class SpiralExperiment(Experiment):
    REDUCED: ClassVar = {"pocket": {"teacher.snapshots": (6,), "distill.iterations": 7}}

    name: str = "spiral"
    data: Data = field(default_factory=Spiral)
    model: Model = field(default_factory=TwoLayers)
    teacher: Teacher = field(default_factory=lambda: Teacher(batch=16))
    distill: Distill = field(default_factory=lambda: Distill(batch=8, snapshots=(3,)))
    sampling: Sampling = field(
        default_factory=lambda: Sampling(pairing=12, total=24, sizes=(8, 24), heatmap=4)
    )


@pytest.fixture
def registered():
    register(SpiralExperiment)
    yield
    del REGISTRY["spiral"]


def test_the_whole_pipeline_runs_it(registered, tmp_path, monkeypatch):
    experiment = build("spiral", "pocket", seed=1, overrides={"data.turns": "1.5"})
    context = Context(Session(), say=lambda words: None)
    run = Run(experiment, tmp_path)
    assert run.classifier() is None
    assert make_teacher(run, context)
    with monkeypatch.context() as patch:  # a shape and a number of classes are all they need
        patch.setattr(Spiral, "make", lambda *where: pytest.fail("the data were read"))
        assert make_student(run, 6, Context(Session(), say=str))
        assert make_samples(run, 6, Context(Session(), say=str))
    assert make_evaluation(run, 6, context)
    assert not make_evaluation(run, 6, context)  # done already
    record = json.loads((tmp_path / "pocket/seed1/spiral/evaluate-6/record.json").read_text())
    assert record["config"]["data"] == {"turns": 1.5}
    assert record["config"]["model"] == {"hidden": 16}
    assert record["pairing"]["n"] == 12
    assert record["pairing"]["null"] == "second draw"
    assert [part["iterations"] for part in record["along"]] == [3]
    assert (record["memorisation"], record["features"], record["denoiser_error"]) == (None,) * 3
    rows = rows_in(tmp_path, "along_distillation", "pocket", 1)
    assert {row["experiment"] for row in rows} == {"spiral"}
    for stage in ("teacher", "distill", "sample", "evaluate"):
        assert estimate(experiment, stage, gpu=False).seconds > 0


def test_what_it_does_not_have_is_refused_with_a_sentence(registered):
    with pytest.raises(ConfigError, match=r"no size 'paket' of spiral; did you mean 'pocket'"):
        build("spiral", "paket")
    with pytest.raises(ConfigError, match="spiral has no exact denoiser"):
        build("spiral", "pocket", overrides={"distill.start": "exact"})
    adversarial = build("spiral", "pocket", overrides={"distill.gan": "true"})
    with pytest.raises(ConfigError, match=r"spiral's network has no head: .* 'feature_shape'"):
        estimate(adversarial, "distill", gpu=False)
    with pytest.raises(ConfigError, match="There is an experiment 'spiral' already"):
        register(SpiralExperiment)
    with pytest.raises(ConfigError, match="The data set Known has exact = True and 2 classes"):
        SpiralExperiment(data=Known())
