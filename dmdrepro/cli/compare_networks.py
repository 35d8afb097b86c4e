"""`compare --teacher W --student W`: the samples of two networks, drawn into a run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dmdrepro.cli.console import PlainConsole
from dmdrepro.cli.guard import fail, stoppable
from dmdrepro.cli.options import option
from dmdrepro.cli.progress import Display
from dmdrepro.runs.errors import RunError

if TYPE_CHECKING:
    from dmdrepro.stages.networks import Settings
    from dmdrepro.training.session import Session

# fmt: off
TeacherFile = option(Path | None, "--teacher", metavar="W", about=
    "Networks instead of samples: the file of the teacher's weights (EDM's .pkl, DMD2's .bin, "
    "FastGen's .pth, .safetensors, our own snapshots).")
StudentFile = option(Path | None, "--student", "The file of the student's weights.", metavar="W")
Like = option(Path | None, "--like", metavar="W", about=
    "A file with the same architecture, if the weights do not tell it.")
Steps = option(int | None, "--steps", "The teacher's Heun steps. Default: 8.", min=1)
StudentSigma = option(float | None, "--student-sigma",
    "The student is G(sigma z; sigma). Default: 80, as DMD2's; SiD's need 2.5.")
Labels = option(str | None, "--labels", "Classes: drawn (the default), or cycled: 0, 1, 2, ...")
Batch = option(int | None, "--batch", "Samples in a network call. Default: 64.", min=1)
Precision = option(str | None, "--precision", "float32 (the default) or bfloat16.")
Gpu = option(str | None, "--gpu", "Draw samples on this GPU (a number), or cpu.")
Seed = option(int | None, "--seed", "Seed of noise and classes. Default: 0.", min=0)
Runs = option(Path | None, "--runs", "Keep samples in compare/ of this folder. Default: runs.")
# fmt: on


def draw_networks(
    given: dict[str, object],
    gpu: str | None,
    runs: Path,
    talk: PlainConsole,
    check: Callable[[int, Sequence[int]], None],
) -> tuple[dict[str, Path], dict[str, object]]:
    """(the samples' files by argument of `compare`, what they are); drawn unless they are there.

    `given`: `teacher` and `student`, and the options above that were given. `check`: raises
    ValueError for what cannot be done with N samples of a shape; called before the drawing.
    """
    from dmdrepro.diffusion import SIGMA_MAX
    from dmdrepro.stages.networks import Settings

    names = Settings.__dataclass_fields__
    settings = Settings(**{name: given[name] for name in names if name in given})
    session = drawing_session(gpu, runs, talk)
    sigma, steps = given.get("student_sigma", SIGMA_MAX), given.get("steps", 8)
    pair = given["teacher"], given["student"]
    try:
        return draw_pair(*pair, settings, sigma, steps, runs, session, given.get("like"), check)
    except ValueError as error:
        fail(f"compare: {error}")


def drawing_session(gpu: str | None, runs: Path, talk: PlainConsole) -> Session:
    """Where networks are drawn from; raises RunError for a GPU or a folder that cannot be used."""
    from dmdrepro.pipeline.paths import check_folder
    from dmdrepro.training.device import select_device
    from dmdrepro.training.session import Session

    check_folder("--runs", runs)
    return Session(select_device(gpu), progress=Display(talk).own, say=talk.print)


def draw_pair(
    teacher_file: Path,
    student_file: Path,
    settings: Settings,
    sigma: float,
    steps: int,
    runs: Path,
    session: Session,
    like: Path | None = None,
    check: Callable[[int, Sequence[int]], None] = lambda n, shape: None,
) -> tuple[dict[str, Path], dict[str, object]]:
    """As `draw_networks`; raises ValueError for files that cannot be compared, else RunError."""
    from dmdrepro.pipeline.paths import try_writing
    from dmdrepro.runs.errors import says_no_memory
    from dmdrepro.stages.context import Context
    from dmdrepro.stages.networks import Network, check_pair, draw_samples

    context, found = Context(session, say=session.say), {}
    try:
        teacher = Network(teacher_file, settings, steps=steps, like=like)
        student = Network(student_file, settings, sigma, student=True, like=like)
        check_pair(teacher, student, session.say)
        check(settings.n, teacher.denoiser.shape)
        for network in (teacher, student):
            stage = network.stage(runs)
            if not stage.done:
                try_writing(stage.folder)
            with stoppable(session):
                found[network.name] = draw_samples(network, stage, context)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RunError) or not says_no_memory(error):
            raise
        raise RunError(
            "The networks need more memory than there is; draw fewer than "
            f"{settings.batch} samples at once (`compare --batch`)."
        ) from error
    files = {name: arrays["samples"] for name, arrays in found.items()}
    if "second" in found["student"]:
        own = found["student"]
        files |= {"classes": own["labels"], "independent": own["second"]}
    return files, {"networks": {each.name: each.about() for each in (teacher, student)}}
