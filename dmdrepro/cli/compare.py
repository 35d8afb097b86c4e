"""`reproduce.py compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dmdrepro.cli.console import PlainConsole
from dmdrepro.cli.guard import NOTHING_KEPT, console, errors, fail, guarded
from dmdrepro.cli.optimum_display import OptimumDisplay
from dmdrepro.cli.overwrite import COMPARISON, check_output, is_comparison_page, json_with
from dmdrepro.pipeline.trouble import says_no_memory

FILES = ".npy, .npz, .safetensors, .pt (file#name picks one of several arrays), or a folder of PNG"
Teacher = Annotated[
    Path | None,
    typer.Argument(
        metavar="[TEACHER]",
        help=f"Samples [N, ...]: {FILES} or JPEG, in the order of their names.",
    ),
]
Student = Annotated[
    Path | None,
    typer.Argument(metavar="[STUDENT]", help="The student's samples, row i from the same noise."),
]
Classes = Annotated[
    Path | None,
    typer.Option(
        "--classes",
        metavar="FILE",
        help="The class of each sample, [N] whole numbers or one-hot, if both networks were told "
        "it. An independent pairing then shares the class.",
    ),
]
Independent = Annotated[
    Path | None,
    typer.Option(
        "--independent",
        metavar="FILE",
        help="A second draw of the student [N, ...], row i of the same class and fresh noise: the "
        "best null of class-conditional sets.",
    ),
]
Real = Annotated[
    Path | None,
    typer.Option(
        "--real",
        metavar="FILE",
        help="Real samples [M, ...], best twice as many: also quality, memorisation and D(z).",
    ),
]
Count = Annotated[int | None, typer.Option("--n", min=2, help="The first so many samples alone.")]
Json = Annotated[
    str | None,
    typer.Option(
        "--json", "--out", metavar="FILE", help="Write the record as JSON; - is the output."
    ),
]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE.html", help="Write words and figure as one page."),
]
Solver = Annotated[
    str,
    typer.Option(
        "--solver",
        help="Who finds the optimal assignment: scipy, lapx, auction, or auto, which takes one by "
        "size. All are exact and certified.",
    ),
]
MOST_GIB = 1e9  # that --memory takes; an exbibyte
Memory = Annotated[
    float | None,
    typer.Option(
        "--memory",
        metavar="GIB",
        help="GiB that may be taken (default: what the system can give). If the matrix of all "
        "distances is larger, they are made when needed: the same result, later.",
    ),
]


def compare(
    teacher: Teacher = None,
    student: Student = None,
    classes: Classes = None,
    independent: Independent = None,
    real: Real = None,
    n: Count = None,
    json: Json = None,
    report: Report = None,
    solver: Solver = "auto",
    memory: Memory = None,
) -> None:
    """Measure anyone's teacher and student: does the student keep the teacher's pairing?"""
    with guarded(NOTHING_KEPT):
        if teacher is None or student is None:
            fail("Name two sets of samples, as `compare TEACHER STUDENT`; see `compare --help`.")
        files = {"--classes": classes, "--independent": independent, "--real": real}
        files = {name: file for name, file in files.items() if file is not None}
        _check_outputs(json, report, (teacher, student, *files.values()))
        if memory is not None and not 0 < memory < MOST_GIB:
            fail(f"--memory {memory:g} is no amount of memory; name a number of GiB above 0.")
        talk = errors if json == "-" else console
        given = {name.removeprefix("--"): file for name, file in files.items()}
        found = _measured(teacher, student, given, n, solver, memory, talk)
        for line in str(found).splitlines():
            talk.print(line)
        if json == "-":
            from dmdrepro.runs.files import json_text

            sys.stdout.write(json_text(found.to_json()))
        elif json is not None:
            from dmdrepro.cli.overwrite import write_record

            write_record(Path(json), found.to_json())
            talk.print(f"Written: {json}")
        if report is not None:
            found.report(report)
            talk.print(f"Written: {report}")


def _check_outputs(json: str | None, report: Path | None, files: tuple[Path, ...]) -> None:
    """Refuse an output that cannot be written, or would overwrite what is not ours."""
    from dmdrepro.metrics.arrays import file_of

    outputs = {} if json in (None, "-") else {"--json": (Path(json), json_with(COMPARISON))}
    if report is not None:
        outputs["--report"] = report, is_comparison_page
    for option, (path, ours) in outputs.items():
        for file in map(file_of, files):
            if path.is_file() and file.exists() and path.samefile(file):
                fail(f"{option} {path} would overwrite the array in {file}; name another file.")
        check_output(option, path, ours)


def _measured(
    teacher: Path,
    student: Path,
    given: dict[str, Path],
    n: int | None,
    solver: str,
    memory: float | None,
    talk: PlainConsole,
):
    from dmdrepro.metrics.other_formats import shown

    words = "".join(f" --{name} {shown(file)}" for name, file in given.items())
    what = f"{shown(teacher)} {shown(student)}{words}"
    try:
        from dmdrepro.comparison import compare as compared
        from dmdrepro.metrics.memory import GIB

        room = None if memory is None else int(memory * GIB)
        with OptimumDisplay(talk) as watch:
            return compared(
                teacher, student, n=n, solver=solver, **given,
                memory=room, say=talk.print, watch=watch,
            )  # fmt: skip
    except ValueError as error:
        fail(f"compare {what}: {error}")
    except (MemoryError, RuntimeError, OSError, ImportError) as error:
        if not says_no_memory(error):
            raise
        fail(f"compare {what}: {_no_memory(memory)}")


def _no_memory(memory: float | None) -> str:
    """What to do about an allocation that failed."""
    if memory is None:
        remedy = "name how much may be taken, as --memory 1 (GiB)"
    else:
        remedy = f"--memory {memory:g} is more than the system gives: name less"
    return f"an allocation failed, for there is not enough memory; {remedy}, or measure fewer rows."
