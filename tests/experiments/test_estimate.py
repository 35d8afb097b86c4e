"""The estimates of the dry run, beside the published runs."""

import json

import pytest
from conftest import ROOT

from dmdrepro.experiments import build
from dmdrepro.experiments.estimate import estimate


@pytest.mark.parametrize(
    ("name", "size", "snapshot"),
    [
        *((toy, size, snapshot)
          for toy in ("chessboard", "moons", "ring")
          for size, snapshot in (("laptop", 4000), ("paper", 20000))),
        ("mnist", "laptop", 512),
        ("mnist", "laptop", 3072),
    ],
)  # fmt: skip
def test_the_time_is_that_of_the_published_runs_within_a_factor_of_three(name, size, snapshot):
    """The quickest of them: others had the machine to share, as had all of conditional MNIST and
    the manifold, which are therefore not here.
    """
    files = sorted((ROOT / "docs/published").glob(f"{size}-{name}-{snapshot}-seed*.json"))
    records = [json.loads(file.read_text()) for file in files]
    stages = [record["stages"] for record in records]
    drawn = {
        "sampling.total": str(records[0]["config"]["sampling"]["total"]),
        "sampling.phi_32": "0",
    }
    for stage in ("teacher", "distill", "sample", "evaluate"):
        measured = min(made[stage]["wall_s"] for made in stages)
        assert {(made[stage]["device"], made[stage]["threads"]) for made in stages} == {("cpu", 1)}
        found = estimate(build(name, size, overrides=drawn), stage, gpu=False).seconds
        assert measured / 3 < found < measured * 3, (stage, found, measured)


def test_ranks_share_activations_and_time_but_not_weights():
    experiment = build("imagenet64", "paper")
    alone = estimate(experiment, "distill", gpu=True)
    shared = estimate(experiment, "distill", gpu=True, ranks=8)
    again = estimate(experiment, "distill", gpu=True, ranks=8, checkpointed=True)
    weights = 4 * experiment.model.cost(experiment.data.shape, 1000).parameters
    assert 3 * weights < again.memory < shared.memory < alone.memory
    assert alone.seconds / 8 < shared.seconds < again.seconds < alone.seconds
