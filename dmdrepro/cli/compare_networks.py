"""`compare --teacher W --student W`: the samples of two networks, drawn into a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dmdrepro.cli.console import PlainConsole
from dmdrepro.cli.guard import fail, stoppable
from dmdrepro.cli.progress import Display

TeacherFile = Annotated[
    Path | None,
    typer.Option(
        "--teacher",
        metavar="W",
        help="Networks in place of samples: the teacher's weights (EDM's .pkl, DMD2's .bin, "
        "FastGen's .pth, .safetensors, our own snapshots).",
    ),
]
StudentFile = Annotated[Path | None, typer.Option("--student", metavar="W", help="The student's.")]
Like = Annotated[
    Path | None,
    typer.Option(
        "--like", metavar="W", help="A file of their architecture, if they do not tell it."
    ),
]
Steps = Annotated[int | None, typer.Option("--steps", min=1, help="The teacher's Heun steps: 8.")]
StudentSigma = Annotated[
    float | None,
    typer.Option(
        "--student-sigma", help="The student is G(sigma z; sigma): 80 for DMD2, 2.5 for SiD."
    ),
]
Labels = Annotated[
    str | None,
    typer.Option("--labels", help="Classes: drawn (the default), or cycled: 0, 1, 2, ..."),
]
Batch = Annotated[int | None, typer.Option("--batch", min=1, help="Samples a network call: 64.")]
Precision = Annotated[
    str | None, typer.Option("--precision", help="float32 (the default) or bfloat16.")
]
Gpu = Annotated[str | None, typer.Option("--gpu", help="A GPU's number, or cpu: draws samples.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Of noise and classes: 0.")]
Runs = Annotated[
    Path | None, typer.Option("--runs", help="Samples are kept in its folder compare: runs.")
]


def draw_networks(
    given: dict[str, object], gpu: str | None, runs: Path, talk: PlainConsole
) -> tuple[dict[str, Path], dict[str, object]]:
    """(the samples' files by argument of `compare`, what they are); drawn unless they are there.

    `given`: fields of `Draw`.
    """
    from dmdrepro.pipeline.paths import check_folder, try_writing
    from dmdrepro.pipeline.trouble import says_no_memory
    from dmdrepro.stages.context import Context
    from dmdrepro.stages.networks import Draw, Networks, check_draw, draw_samples
    from dmdrepro.training.device import select_device
    from dmdrepro.training.session import Session

    draw = Draw(**given)
    check_draw(draw)
    check_folder("--runs", runs)
    device = select_device(gpu)
    try:
        networks = Networks(draw)
        stage = networks.stage(runs)
        if not stage.done:
            try_writing(stage.folder)
        session = Session(device=device, progress=Display(talk).own, say=talk.print)
        with stoppable(session):
            draw_samples(networks, stage, Context(session, say=talk.print))
    except ValueError as error:
        fail(f"compare: {error}")
    except (MemoryError, RuntimeError) as error:
        if not says_no_memory(error):
            raise
        fail(f"compare: the networks do not fit into memory; use a --batch below {draw.batch}.")
    talk.print(f"Samples: {stage.folder}")
    names = {"teacher": "teacher", "student": "student"}
    if networks.teacher.label_dim:
        names |= {"classes": "labels", "independent": "second_student"}
    files = {name: stage.folder / f"{array}.npy" for name, array in names.items()}
    return files, {"networks": networks.about(), "samples": str(stage.folder)}
