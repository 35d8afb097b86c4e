"""The counts behind the dry run."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT

from dmdrepro.experiments import build
from dmdrepro.experiments.estimate import estimate, network


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("mnist", "adm_mnist_uncond"),
        ("mnist-conditional", "adm_mnist_cond"),
        ("imagenet64", "adm_imagenet64"),
    ],
)
def test_parameters_are_counted_within_one_percent(name, keys, oracles):
    truth = json.loads((oracles / f"{keys}.keys.json").read_text())["parameters"]
    assert network(build(name, "paper")).parameters == pytest.approx(truth, rel=0.01)


def test_an_iteration_of_the_papers_mnist_costs_what_was_counted():
    """1.24 TFLOP: 4 + 4/5 passes of one forward cost for 32 images."""
    flops = network(build("mnist", "paper")).flops * 32 * 4.8
    assert flops == pytest.approx(1.24e12, rel=0.05)


@pytest.mark.parametrize(
    ("name", "size", "snapshot"),
    [
        *((toy, size, snapshot)
          for toy in ("chessboard", "moons", "ring")
          for size, snapshot in (("laptop", 4000), ("paper", 20000))),
        ("mnist", "laptop", 512),
        ("mnist", "laptop", 3072),
        ("mnist-conditional", "laptop", 2048),
        ("mlp-manifold", "laptop", 1536),
    ],
)  # fmt: skip
def test_the_time_is_that_of_the_published_runs_within_a_factor_of_three(name, size, snapshot):
    """The quickest of them: others had the machine to share."""
    files = sorted((ROOT / "docs/published").glob(f"{size}-{name}-{snapshot}-seed*.json"))
    stages = [json.loads(file.read_text())["stages"] for file in files]
    for stage in ("teacher", "distill", "sample", "evaluate"):
        measured = min(made[stage]["wall_s"] for made in stages)
        assert made_by(stages, stage) == {("cpu", 1)}
        found = estimate(build(name, size), stage, gpu=False).seconds
        assert measured / 3 < found < measured * 3, (stage, found, measured)


def made_by(stages, stage):
    return {(made[stage]["device"], made[stage]["threads"]) for made in stages}


def test_time_grows_with_the_iterations():
    short = build("chessboard", "laptop", overrides={"distill.iterations": "100"})
    long = build("chessboard", "laptop", overrides={"distill.iterations": "1000"})
    ratio = (
        estimate(long, "distill", gpu=False).seconds / estimate(short, "distill", gpu=False).seconds
    )
    assert ratio == pytest.approx(10)


def test_a_classifier_costs_the_same_whatever_the_experiment_does():
    long = build("mnist-conditional", "laptop", overrides={"teacher.snapshots": "100000"})
    cost = estimate(long, "classifier", gpu=False)
    assert cost == estimate(build("mnist", "laptop"), "classifier", gpu=False)
    assert 5 < cost.seconds < 60
    assert estimate(build("mnist", "smoke"), "classifier", gpu=False).seconds < 2


def test_memory_of_a_distillation_is_its_tensors():
    """Three networks, four moments, gradients twice; a graph's own, and two copies of six."""
    experiment = build("mnist", "paper")
    net = network(experiment)
    weights, activations = 4 * net.parameters, 8 * 32 * net.activations
    cpu, gpu = (estimate(experiment, "distill", gpu=on).memory for on in (False, True))
    assert cpu == pytest.approx(9 * weights + activations)
    assert gpu - cpu == pytest.approx(14 * weights + activations)
