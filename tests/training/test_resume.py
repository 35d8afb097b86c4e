"""A loop that was stopped and went on ends with the files of one that never stopped."""

import pytest
import torch
from steps import record_by, rerun

from dmdrepro.experiments import build
from dmdrepro.runs.errors import Stopped
from dmdrepro.runs.stage import Stage
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.engine import Engine
from dmdrepro.training.session import Session
from dmdrepro.training.student import distill_student
from dmdrepro.training.teacher import train_teacher

# Rates at which a moment in the wrong place shows at once.
SHORT = {
    "teacher.snapshots": "6",
    "teacher.warmup": "0",
    "teacher.lr": "1e-3",
    "distill.iterations": "15",
    "distill.snapshots": "5",
    "distill.warmup": "0",
    "distill.lr": "1e-3",
}


def teacher(experiment, stage, session):
    return train_teacher(experiment, experiment.data.make(), stage, session)


def student(experiment, stage, session):
    weights = {
        name: w + 0.05 * torch.randn(w.shape, generator=torch.Generator().manual_seed(len(name)))
        for name, w in build_denoiser(experiment).state_dict().items()
    }
    return distill_student(experiment, 6, weights, experiment.data.make(), stage, session)


def files_of(
    work, folder, engine: str, stops: int, then: str | None = None, **longer: str
) -> dict[str, bytes]:
    """What `work` leaves after so many stops, the sittings after the first executed `then`."""
    experiment = build("mlp-manifold", "smoke", overrides=SHORT | longer)
    for sitting in range(stops + 1):
        stage = Stage(folder, {"of": "a test"}, "a test")
        stage.begin()
        words = engine if sitting == 0 or then is None else then
        chosen = Engine.parse(words).on(torch.device("cuda" if words == "auto" else "cpu"))
        session = Session(engine=chosen, stop_requested=sitting < stops, say=pytest.fail)
        if sitting < stops:
            with pytest.raises(Stopped):
                work(experiment, stage, session)
        else:
            names = work(experiment, stage, session)
    return {name: (folder / name).read_bytes() for name in names}


@pytest.mark.parametrize("work", [teacher, student])
@pytest.mark.parametrize("engine", ["eager", "channels-last"])
def test_a_stopped_loop_goes_on_to_the_same_bytes(tmp_path, work, engine):
    whole = files_of(work, tmp_path / "whole", engine, stops=0)
    assert files_of(work, tmp_path / "stopped", engine, stops=2) == whole


@pytest.mark.parametrize("work", [teacher, student])
def test_a_recorded_loop_goes_on_to_the_same_bytes(tmp_path, work, monkeypatch):
    """With a stand-in for CUDA graphs; each sitting makes a record of its own."""
    recorded = []

    def record(step):
        recorded.append(step)
        return rerun(step)

    record_by(record, monkeypatch)
    longer = {"teacher.snapshots": "8", "distill.iterations": "38"}
    eager = files_of(work, tmp_path / "eager", "channels-last", stops=0, **longer)  # as auto is
    assert files_of(work, tmp_path / "whole", "auto", stops=0, **longer) == eager
    assert files_of(work, tmp_path / "stopped", "auto", stops=2, **longer) == eager
    assert len(recorded) == 2


@pytest.mark.parametrize("work", [teacher, student])
def test_a_loop_may_go_on_by_another_engine(tmp_path, work):
    """Which changes rounding only: the optimiser's moments go where the weights lie now."""
    from safetensors.torch import load

    whole = files_of(work, tmp_path / "whole", "eager", stops=0)
    other = files_of(work, tmp_path / "other", "eager", stops=1, then="channels-last")
    assert whole.keys() == other.keys()
    for name in whole:
        if name.endswith(".safetensors"):
            a, b = load(whole[name]), load(other[name])
            for key in a:
                torch.testing.assert_close(a[key], b[key], rtol=1e-3, atol=2e-4)
