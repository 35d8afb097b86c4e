"""`--log`: the curves are those of the log, each point once, however often a loop was stopped."""

import json
import time

import numpy as np
import pytest
import torch
from command import SMOKE, command, plan_of, record_of
from processes import tree
from written import tensorboard_curves, wandb_curves

from dmdrepro.diffusion import heun_sample
from dmdrepro.experiments import build
from dmdrepro.pipeline.chains import chains_of
from dmdrepro.pipeline.words import chain_words
from dmdrepro.runs.errors import Stopped
from dmdrepro.runs.log import read_losses
from dmdrepro.runs.stage import Stage
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.draws import Draws, latents, one_hot
from dmdrepro.training.session import Progress, Session
from dmdrepro.training.student import distill_student
from dmdrepro.training.watching import Watching
from dmdrepro.watching.picture import draw_samples
from dmdrepro.watching.writer import Writer

READ = {"tensorboard": tensorboard_curves, "wandb": wandb_curves}
SHORT = {"distill.iterations": "15", "distill.snapshots": "5,10", "distill.lr": "1e-3"}


class Killed(Progress):
    """A process that dies after ten steps: what it gave of those after the fifth is given again."""

    def update(self, step, losses=None):
        if step == 10:
            raise MemoryError


def distilled(folder, log: str | None, *sittings: Session):
    """Makes a student in so many sittings and one more; returns the experiment."""
    experiment = build("ring", "smoke", overrides=SHORT)
    weights = build_denoiser(experiment).state_dict()
    for session in (*sittings, Session()):
        session.log = log
        stage = Stage(folder, {"of": "a test"}, "a test")
        stage.begin()
        try:
            distill_student(experiment, 6, weights, experiment.data, stage, session)
        except (Stopped, MemoryError):
            if log == "wandb":  # it names a sitting by the second
                time.sleep(1.01 - time.time() % 1)
    return experiment


@pytest.fixture(scope="module")
def unwatched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unwatched")
    distilled(folder, None)
    return folder


@pytest.mark.parametrize("log", READ)
def test_a_resumed_loop_continues_its_curves_without_doubles(log, tmp_path, monkeypatch, unwatched):
    pytest.importorskip(log, reason=f"no {log}: pip install 'dmdrepro[{log}]'")
    monkeypatch.setenv("WANDB_MODE", "offline")
    stopped, killed = Session(stop_requested=True), Session(progress=Killed())
    experiment = distilled(tmp_path, log, stopped, killed)

    curves, pictures = READ[log](tmp_path / log)
    for name, (steps, values) in read_losses(tmp_path / "log.jsonl").items():
        shown_steps, shown = zip(*curves[f"losses/{name}"], strict=True)
        assert list(shown_steps) == steps
        assert shown == pytest.approx(values, rel=1e-6)
    rate = Draws(experiment, 6, experiment.data, torch.device("cpu")).learning_rate
    assert curves["rates/lr"] == [(k, pytest.approx(rate(k))) for k in range(15)]
    assert pictures == [0, 5, 10, 15]
    for name in ("steps_per_second", "memory_gib"):
        steps, values = zip(*curves[f"system/{name}"], strict=True)
        assert len({*steps}) == len(steps)
        assert min(values) > 0

    times = [json.loads(line) for line in (tmp_path / "times.jsonl").read_text().splitlines()]
    assert [line["step"] for line in times] == list(range(15))
    assert min(line["seconds"] for line in times) > 0
    for file in unwatched.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_a_command_writes_teacher_student_and_the_measures_of_its_record(tmp_path):
    pytest.importorskip("tensorboard", reason="no tensorboard: pip install 'dmdrepro[tensorboard]'")
    words = ("ring", *SMOKE, "--set", "distill.snapshots=20", "--runs")
    log = ("--log", "tensorboard")
    for stage, given in {"teacher": log, "distill": log, "sample": (), "evaluate": log}.items():
        command(stage, *words, tmp_path, *given)
    folder = tmp_path / "smoke/seed0/ring"
    assert "losses/loss" in tensorboard_curves(folder / "teacher/tensorboard")[0]
    record = record_of(tmp_path, "ring/evaluate-60")
    stops = [record["pairing_untrained"], record["along"][0]["pairing"], record["pairing"]]
    curves = tensorboard_curves(folder / "evaluate-60/tensorboard")[0]
    iterations = [0, 20, record["config"]["distill"]["iterations"]]
    for name in ("delta_e", "retention"):
        values = [pytest.approx(stop[name], rel=1e-6) for stop in stops]
        assert curves[f"measures/pairing/{name}"] == list(zip(iterations, values, strict=True))
    command("teacher", *words, tmp_path / "plain")
    plain, watched = tree(tmp_path / "plain/smoke"), tree(tmp_path / "smoke")
    assert {name: watched[name] for name in plain} == plain


def test_processes_and_jobs_are_told(monkeypatch):
    monkeypatch.setattr("dmdrepro.pipeline.request.check_log", lambda name: None)
    plan = plan_of("ring", log="wandb")
    assert all("--log=wandb" in chain_words(plan, chain) for chain in chains_of(plan))


@pytest.mark.parametrize("name", READ)
def test_a_missing_package_is_named_with_its_extra(name, monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    words = ("ring", *SMOKE, "--runs", tmp_path / "runs", "--log", name)
    for said in ("teacher", "distill", "all"):
        assert f"pip install 'dmdrepro[{name}]'" in command(said, *words, code=1)
    assert f"dmdrepro[{name}]" in command("study", "start", *words[1:], code=1)
    assert not (tmp_path / "runs").exists()


def test_the_picture_is_of_the_noise_and_classes_of_the_stage_sample(tmp_path):
    shown = []

    class Kept(Writer):
        def show(self, *of):
            shown.append(of)

    experiment = build("mlp-manifold", "smoke")
    denoiser = build_denoiser(experiment)
    Watching(Kept(), tmp_path, 0, torch.device("cpu"), None).show(3, denoiser, experiment)
    z, labels = latents(experiment)
    x = heun_sample(denoiser, z[:64], 1, one_hot(labels, experiment.data.classes)[:64])
    ((step, name, picture),) = shown
    assert (step, name) == (3, "samples/student")
    assert np.array_equal(picture, draw_samples(x.detach().numpy(), z.numpy()))


@pytest.mark.parametrize("shape", [(1,), (2,), (8,), (1, 8, 8), (3, 8, 8), (4, 8, 8)])
def test_samples_of_every_shape_have_a_picture(shape):
    samples = np.random.default_rng(0).normal(size=(20, *shape)).astype("float32")
    picture = draw_samples(samples, samples)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert picture.std() > 0
