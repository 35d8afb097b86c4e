"""Stage `evaluate`: everything that is measured of a student (dmdrepro/measures)."""

import json
from collections.abc import Callable, Mapping

import numpy as np
import torch

import dmdrepro.measures as measures
from dmdrepro.measures.along import numbers_along
from dmdrepro.measures.measure import Measure, Measured, Reader, Sampled
from dmdrepro.metrics.watch import News
from dmdrepro.runs.checkpoint import load_tensors, put_weights
from dmdrepro.runs.divergence import divergence
from dmdrepro.runs.errors import DamagedArtifact, RunError, Stopped
from dmdrepro.runs.files import json_text, unexpected
from dmdrepro.runs.layout import RECORD
from dmdrepro.runs.record import CLASSIFIER
from dmdrepro.runs.results import read_array
from dmdrepro.runs.shape import Maybe, Shape, problem, read_shaped
from dmdrepro.runs.stage import Stage
from dmdrepro.settings import leaves
from dmdrepro.stages.context import Context, Made
from dmdrepro.stages.run import Run
from dmdrepro.stages.sample import TEACHER_STEPS, second_array, student_array, write_array
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.classifier import load_classifier, read_digits
from dmdrepro.watching import open_writer


def make_evaluation(run: Run, snapshot: int, context: Context) -> bool:
    """True if something was made; raises RunError if samples or classifier are not done."""

    def work(stage: Stage) -> Made:
        try:
            return _evaluate(run, snapshot, stage, context)
        except ValueError as error:  # samples that no metric is defined for
            raise RunError(f"{stage.what} cannot be measured: {error}") from None

    stage = run.evaluate(snapshot)
    made = context.make(stage, work)
    if words := divergence(read_shaped(stage.folder / RECORD, measures.evaluation())):
        context.say(f"{stage.what}: diverged: {words}; left out of tables, means and figures")
    return made


def _evaluate(run: Run, snapshot: int, stage: Stage, context: Context) -> Made:
    experiment, progress = run.experiment, context.session.progress
    of = _sampled(run, snapshot, stage, context)
    measured = [each for each in measures.MEASURES if each.measure is not None]
    progress.begin(stage.what, len(measured), 0)
    context.session.in_loop = True
    record: dict[str, object] = {
        "experiment": experiment.name,
        "size": experiment.size,
        "seed": experiment.seed,
        "snapshot": snapshot,
        "stage": "evaluate",
        "config": experiment.as_dict(),
    }
    stops: dict[str, dict] = {name: {"iterations": it} for name, it in of.kept.items()}
    files, later = [], []
    measured.sort(key=lambda each: each.key not in measures.ANSWER)  # what is told comes first
    for place, each in enumerate(measured):
        progress.update(place, {})
        of.look()
        found = _found(each, of)
        record |= found.record
        later.append((each, found.along))
        files += [write_array(stage, name, array) for name, array in found.arrays.items()]
        if each.key == measures.ANSWER[-1]:
            context.answered(run, snapshot, record)
    for each, along in later:
        of.look()
        parts = along() if callable(along) else along
        for name, stop in stops.items() if each.at_stop is not None else ():
            stop[each.key] = parts.get(name)
            _check(each, {each.key: stop[each.key]}, {each.key: Maybe(each.at_stop)})
    progress.update(len(measured), {})
    record["along"] = list(stops.values())
    writer = open_writer(context.session.log, stage)
    writer.give(numbers_along(record))
    writer.close()
    return files, record


def _found(each: Measure, of: Sampled) -> Measured:
    """What the measure finds; raises RunError if its record would be refused when it is read."""
    found, shape = each.measure(of), each.shape
    if found is None:
        found, shape = Measured({each.key: None}), {k: shape[k] for k in shape if k == each.key}
    if not isinstance(found, Measured):
        raise RunError(f"The measure {each.key} returns {type(found).__name__}, not Measured.")
    _check(each, found.record, shape)
    return found


def _check(each: Measure, part: Mapping[str, object], shape: Shape) -> None:
    """Raise RunError, naming the measure and the key, for what is no JSON or not of the shape."""
    for key, value in leaves(part).items():
        try:
            json_text(value)
        except (TypeError, ValueError) as error:  # a tensor, a NaN
            raise RunError(f"The measure {each.key}: {key} is no JSON value: {error}.") from None
    if wrong := problem(json.loads(json_text(part)), shape):
        raise RunError(f"The measure {each.key}: {wrong} is missing or not what its shape says.")


def _sampled(run: Run, snapshot: int, stage: Stage, context: Context) -> Sampled:
    experiment, session, folder = run.experiment, context.session, run.sample(snapshot).folder
    kept = {student_array(iterations): iterations for iterations in experiment.distill.kept}
    told, listed = experiment.data.classes > 0, run.sample_hashes(snapshot)

    def read(name: str) -> np.ndarray:
        return read_array(folder / f"{name}.npy")

    def tensor(name: str) -> torch.Tensor:
        array = read(name)
        if not np.issubdtype(array.dtype, np.floating) or array.shape[1:] != experiment.data.shape:
            said = (
                f"{array.dtype} {list(array.shape)}, not samples of {list(experiment.data.shape)}"
            )
            raise DamagedArtifact(unexpected(folder / f"{name}.npy", said))
        return torch.from_numpy(array).to(session.device)

    def look() -> None:
        if session.stop_requested:
            raise Stopped(f"{stage.what} stopped; it starts again from the samples")

    def watch(news: News) -> None:
        look()
        session.progress.note(news.what, news.share)

    everything = {name: tensor(name) for name in ("noise", *TEACHER_STEPS, *kept, "student")}
    # Second draws of what the teacher's samples are compared with.
    second = {
        name: tensor(second_array(name))
        for name in ("teacher_1", *kept, "student")
        if told and f"{second_array(name)}.npy" in listed
    }
    return Sampled(
        experiment,
        {name: x[: experiment.sampling.pairing] for name, x in everything.items()},
        everything,
        kept,
        context.dataset(experiment.data),
        session.device,
        classes=read("labels") if told else None,
        second=second,
        reader=_reader(run, session.device),
        teacher=_teacher(run, snapshot, session.device),
        watch=watch,
        look=look,
        warn=lambda sentence: context.say(f"Warning: {stage.what}: {sentence}"),
    )


def _reader(run: Run, device: torch.device) -> Reader | None:
    """The digits' classifier; raises RunError if it is not done, None of data without one."""
    if run.classifier_settings is None:
        return None
    weights, digest = run.classifier_weights()
    network = load_classifier(run.classifier_settings, weights, device)
    accuracy = read_shaped(weights.with_name(RECORD), CLASSIFIER)["accuracy"]
    return Reader(lambda images: read_digits(network, images), digest, accuracy)


def _teacher(run: Run, snapshot: int, device: torch.device) -> Callable | None:
    """Loads the trained denoiser; None if the exact one was the teacher."""
    if run.experiment.distill.real_score == "exact":
        return None

    def load() -> torch.nn.Module:
        denoiser = build_denoiser(run.experiment, device).eval()
        weights = run.teacher_weights(snapshot)[0]
        put_weights(denoiser, load_tensors(weights), weights)
        return denoiser

    return load
