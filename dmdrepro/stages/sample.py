"""Stage `sample`: Phi_1, Phi_8, Phi_32 and G on the same noise and classes.

Of a class-conditional experiment also a second draw of Phi_1 and of each student: the same classes,
fresh noise, which is what an independent pairing that shares the class costs.
"""

import io

import numpy as np
import torch

from dmdrepro.diffusion import SIGMA_MAX, heun_sample
from dmdrepro.runs.checkpoint import load_tensors, put_weights
from dmdrepro.runs.errors import NonFinite, Stopped
from dmdrepro.runs.files import write_bytes
from dmdrepro.runs.stage import Stage
from dmdrepro.runs.streams import generator
from dmdrepro.stages.context import Context, Made
from dmdrepro.stages.run import Run
from dmdrepro.training.build import build_denoiser, exact_denoiser
from dmdrepro.training.draws import latents, one_hot
from dmdrepro.training.session import Session

TEACHER_STEPS = {"teacher_1": 1, "teacher_8": 8, "teacher_32": 32}  # K; 8: footnote 1
SECOND = "second_"  # before the name of the array that it is another draw of


def make_samples(run: Run, snapshot: int, context: Context) -> bool:
    """True if something was made; raises RunError if teacher or student is not done."""

    def work(stage: Stage) -> Made:
        return _draw(run, snapshot, stage, context.session), {}

    return context.make(run.sample(snapshot), work)


def student_array(kept: int | None = None) -> str:
    """The name of the student's samples, at its end or after `kept` iterations."""
    return "student" if kept is None else f"student_{kept}"


def second_array(name: str) -> str:
    """The name of an array's second draw: the same classes, fresh noise."""
    return f"{SECOND}{name}"


def second_noise(run: Run) -> torch.Tensor | None:
    """Fresh z for the first `sampling.pairing` classes; None of an unconditional experiment."""
    experiment = run.experiment
    if experiment.data.classes == 0:
        return None
    shape = (experiment.sampling.pairing, *experiment.data.shape)
    draw = generator(experiment.seed, "sample/second-noise")
    return SIGMA_MAX * torch.randn(shape, generator=draw)


def _draw(run: Run, snapshot: int, stage: Stage, session: Session) -> list[str]:
    experiment, device = run.experiment, session.device
    z, labels = latents(experiment)
    fresh = second_noise(run)
    classes = one_hot(labels, experiment.data.classes)
    network = build_denoiser(experiment, device).eval()
    teacher = None  # weights; without: the exact denoiser
    if experiment.distill.real_score == "teacher":
        teacher = load_tensors(run.teacher_weights(snapshot)[0])
    few = experiment.sampling.pairing
    counts = {"teacher_32": experiment.sampling.finest}  # of the first noises alone
    work = [
        (name, z, teacher, steps, counts.get(name, len(z))) for name, steps in TEACHER_STEPS.items()
    ]
    again = [("teacher_1", teacher)]
    for kept in (None, *experiment.distill.kept):
        student = load_tensors(run.student_weights(snapshot, kept)[0])
        count = len(z) if kept is None else few
        work.append((student_array(kept), z, student, 1, count))  # G(z) = D_theta(z; 80), one step
        again.append((student_array(kept), student))
    if fresh is not None:
        work += [(second_array(name), fresh, weights, 1, few) for name, weights in again]

    state = stage.load_state()
    drawn = {} if state is None else state[1]
    # Network evaluations.
    cost = {name: (2 * steps - 1) * count for name, _, _, steps, count in work}
    progress = session.progress
    progress.begin(stage.what, sum(cost.values()), sum(cost[name] for name in drawn))
    session.in_loop = True
    for name, noise, weights, steps, count in work:
        if name in drawn:
            continue
        denoiser = exact_denoiser(experiment) if weights is None else network
        if weights is not None:
            put_weights(network, weights, f"{stage.what}: the file of {name}")
        parts = []
        for start in range(0, count, experiment.sampling.batch):
            rows = slice(start, min(start + experiment.sampling.batch, count))
            part = None if classes is None else classes[rows].to(device)
            parts.append(heun_sample(denoiser, noise[rows].to(device), steps, part).cpu())
            done = sum(cost[other] for other in drawn) + (2 * steps - 1) * sum(map(len, parts))
            progress.update(done, {})
            if session.stop_requested:
                saved = "finished arrays saved" if drawn else "none was finished: it starts again"
                raise Stopped(f"{stage.what} stopped at {name}, {saved}")
        drawn[name] = torch.cat(parts)
        if not drawn[name].isfinite().all():
            slower = run.place("distill" if "student" in name else "teacher", snapshot).slower
            again = (
                f"; make it again with a smaller learning rate ({slower}) and another --runs "
                "folder or --fresh"
            )
            raise NonFinite(
                f"{stage.what}: {name} has values that are not finite (seed {experiment.seed}), "
                f"so that network is useless{again if slower else ''}."
            )
        stage.save_state(len(drawn), drawn)

    arrays = {"noise": z, **drawn} | ({} if labels is None else {"labels": labels})
    if fresh is not None:
        arrays[second_array("noise")] = fresh
    for name, tensor in arrays.items():
        write_array(stage, name, tensor.numpy())
    return [f"{name}.npy" for name in arrays]


def write_array(stage: Stage, name: str, array: np.ndarray) -> str:
    """Write `name`.npy into the stage's folder, atomically; returns the file's name."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_bytes(stage.folder / f"{name}.npy", buffer.getvalue())
    return f"{name}.npy"
