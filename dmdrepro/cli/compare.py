"""`reproduce.py compare`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dmdrepro.cli import compare_networks as w
from dmdrepro.cli import overwrite
from dmdrepro.cli.console import PlainConsole
from dmdrepro.cli.guard import NOTHING_KEPT, console, errors, fail, guarded
from dmdrepro.cli.options import argument, option
from dmdrepro.cli.progress import Display
from dmdrepro.runs.errors import says_no_memory

if TYPE_CHECKING:
    from dmdrepro.comparison import Comparison
    from dmdrepro.metrics.watch import News

FILES = ".npy, .npz, .safetensors, .pt (file#name picks one of several arrays), or a folder of PNG"
Teacher = argument(
    Path | None, "TEACHER", f"Samples [N, ...]: {FILES} or JPEG, in the order of their names."
)
Student = argument(Path | None, "STUDENT", "The student's samples; row i of both: one noise.")
MOST_GIB = 1e9  # that --memory takes; an exbibyte
# fmt: off
Classes = option(Path | None, "--classes", metavar="FILE", about=
    "The class of each sample, [N] whole numbers or one-hot, if both networks were told it. An "
    "independent pairing then shares the class.")
Independent = option(Path | None, "--independent", metavar="FILE", about=
    "A second draw of the student [N, ...]: the same classes, fresh noise. The best independent "
    "pairing if both networks were told a class.")
Real = option(Path | None, "--real", metavar="FILE", about=
    "Real samples [M, ...], best M = 2 N. Adds quality, memorisation and the distance to the data.")
Count = option(int | None, "--n", "Only the first N samples.", metavar="N", min=2)
Json = option(str | None, "--json --out", metavar="FILE", about=
    "Write the record as JSON; - prints it.")
Report = option(Path | None, "--report", "Write answer and figure as a page.", metavar="FILE.html")
Solver = option(str, "--solver",
    "Finds the optimal assignment: scipy, lapx, auction, or auto, which chooses by size. All are "
    "exact and certified.")
Memory = option(float | None, "--memory", metavar="GIB", about=
    "Use at most so many GiB. Default: what the system can give. If all distances do not fit, they "
    "are computed in parts: the same result, more slowly.")
# fmt: on


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
    teacher_file: w.TeacherFile = None,
    student_file: w.StudentFile = None,
    like: w.Like = None,
    steps: w.Steps = None,
    student_sigma: w.StudentSigma = None,
    labels: w.Labels = None,
    batch: w.Batch = None,
    precision: w.Precision = None,
    seed: w.Seed = None,
    gpu: w.Gpu = None,
    runs: w.Runs = None,
) -> None:
    """Measure your own teacher and student: does the student keep the teacher's pairing?"""
    networks = _given(
        teacher=teacher_file, student=student_file, like=like, steps=steps,
        student_sigma=student_sigma, labels=labels, batch=batch, precision=precision, seed=seed,
    )  # fmt: skip
    samples = _given(classes=classes, independent=independent)
    only = [*networks, *_given(gpu=gpu, runs=runs)]
    with guarded(NOTHING_KEPT):
        if len({"teacher", "student"} & networks.keys()) == 2 and teacher is None:
            _refuse(samples, "networks draw their own classes and second draw")
        elif teacher is None or student is None or not {"teacher", "student"}.isdisjoint(networks):
            fail(
                "Name two sets of samples, as `compare TEACHER STUDENT`, or two networks, as "
                "`compare --teacher W --student W`; see `compare --help`."
            )
        else:
            _refuse(only, "samples are measured as they are, on the CPU")
            samples |= {"teacher": teacher, "student": student}
        if memory is not None and not 0 < memory < MOST_GIB:
            fail(f"--memory {memory:g} is not an amount of memory; name a number of GiB above 0.")
        read = [*samples.values(), real, teacher_file, student_file, like]
        _check_outputs(json, report, [file for file in read if file is not None])
        talk, about = errors if json == "-" else console, {}
        room = None if memory is None else int(memory * 2**30)
        if networks:
            from dmdrepro.comparison.read import check_ahead

            given = networks | _given(n=n)
            check = partial(check_ahead, real=real, solver=solver, memory=room)
            samples, about = w.draw_networks(given, gpu, runs or Path("runs"), talk, check)
        samples |= _given(real=real)
        found = _measured(samples, None if networks else n, solver, room, about, talk)
        for line in str(found).splitlines():
            talk.print(line)
        if json is not None:
            overwrite.give_record(json, found.to_json(), talk)
        if report is not None:
            found.report(report)
            talk.print(f"Written: {report}")


def _given(**options: object) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}


def _refuse(options: Iterable[str], why: str) -> None:
    """Refuse what would be left aside."""
    given = [f"--{name.replace('_', '-')}" for name in options]
    if given:
        fail(f"{', '.join(given)} cannot be given here: {why}.")


def _check_outputs(json: str | None, report: Path | None, files: Sequence[Path]) -> None:
    """Refuse an output that cannot be written, or would overwrite what is not ours."""
    from dmdrepro.metrics.arrays import file_of

    outputs = {}
    if json not in (None, "-"):
        outputs["--json"] = Path(json), overwrite.json_with(overwrite.COMPARISON)
    if report is not None:
        if str(report) == "-":
            fail("--report - cannot be given: a page is not printed; name a file.")
        outputs["--report"] = report, overwrite.is_comparison_page
        if "--json" in outputs and report.resolve() == outputs["--json"][0].resolve():
            fail(f"--json and --report both name {report}; name two files.")
    for name, (path, ours) in outputs.items():
        for file in map(file_of, files):
            if path.is_file() and file.exists() and path.samefile(file):
                fail(f"{name} {path} would overwrite the array in {file}; name another file.")
        overwrite.check_output(name, path, ours)


def _measured(
    samples: dict[str, Path],
    n: int | None,
    solver: str,
    room: int | None,
    about: dict[str, object],
    talk: PlainConsole,
) -> Comparison:
    """`samples`: files, by argument of `dmdrepro.compare`."""
    from dmdrepro.metrics.other_formats import shown

    more = {name: file for name, file in samples.items() if name not in ("teacher", "student")}
    words = "".join(f" --{name} {shown(file)}" for name, file in more.items())
    what = f"{shown(samples['teacher'])} {shown(samples['student'])}{words}"
    try:
        from dmdrepro.comparison import compare as compared

        with Display(talk).at("Optimal pairing") as row:

            def watch(news: News) -> None:
                row.note(news.what, news.share)

            return compared(
                **samples, n=n, solver=solver, memory=room, say=talk.print, watch=watch, about=about
            )
    except ValueError as error:
        fail(f"compare {what}: {error}")
    except (MemoryError, RuntimeError, OSError, ImportError) as error:
        if not says_no_memory(error):
            raise
        fail(f"compare {what}: {_no_memory(room)}")


def _no_memory(room: int | None) -> str:
    """What to do about an allocation that failed."""
    if room is None:
        remedy = "name how much may be taken, as --memory 1 (GiB)"
    else:
        remedy = f"--memory {room / 2**30:g} is more than the system gives: name less"
    return f"an allocation failed: there is not enough memory; {remedy}, or measure fewer rows."
