"""What a training's saved state takes on the disk is what the plan counts."""

import pytest
from safetensors.torch import load_file
from test_resume import SHORT, student, teacher

from dmdrepro.experiments import build
from dmdrepro.experiments.estimate import STATES, estimate
from dmdrepro.runs.errors import Stopped
from dmdrepro.runs.stage import Stage
from dmdrepro.training.session import Session


@pytest.mark.parametrize(
    ("work", "stage", "more"),
    [
        (teacher, "teacher", {}),
        (student, "distill", {}),
        (student, "distill", {"distill.average_from": "5"}),
        (student, "distill", {"distill.gan": "true"}),
    ],
)
def test_a_saved_state_is_as_large_as_the_estimate_says(tmp_path, work, stage, more):
    experiment = build("mlp-manifold", "smoke", overrides=SHORT | more)
    with pytest.raises(Stopped):
        work(experiment, Stage(tmp_path, {}, "a test"), Session(stop_requested=True))
    (state,) = tmp_path.glob("state-*.safetensors")
    saved = sum(tensor.nbytes for tensor in load_file(state).values())
    assert STATES * saved == pytest.approx(estimate(experiment, stage, gpu=False).states, rel=0.02)
