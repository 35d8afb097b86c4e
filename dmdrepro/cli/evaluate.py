"""`reproduce.py evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import HOW_TO_GO_ON, NOTHING_KEPT, console, display, fail, guarded
from dmdrepro.cli.overwrite import PAIRS, check_output, json_with, write_record
from dmdrepro.cli.published import check_alone, check_publish, publish_results, show_published
from dmdrepro.pipeline.request import Request
from dmdrepro.pipeline.trouble import says_no_memory

Pairs = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        "--pairs",
        metavar="TEACHER STUDENT",
        help="Measure anyone's arrays instead: two files [N, ...] (.npy, .npz, .safetensors; "
        "file#name picks one of several arrays), row i of both from the same noise.",
    ),
]
Out = Annotated[Path | None, typer.Option("--out", help="With --pairs: write the record here.")]
Solver = Annotated[
    str | None,
    typer.Option(
        "--solver",
        help="With --pairs: who finds the optimal assignment: scipy, lapx, auction, or auto (the "
        "default), which takes one by size. All are exact and certified.",
    ),
]
MOST_GIB = 1e9  # that --memory takes; an exbibyte
Memory = Annotated[
    float | None,
    typer.Option(
        "--memory",
        metavar="GIB",
        help="With --pairs: GiB that may be taken (default: what the system can give). Where the "
        "matrix of all distances is larger, they are made when needed: the same result, later.",
    ),
]
ClassFile = Annotated[
    Path | None,
    typer.Option(
        "--classes",
        metavar="FILE",
        help="With --pairs: the class of each sample, [N] whole numbers, if both networks were "
        "told it. The null, retention and concordance then compare with pairs of the same class.",
    ),
]
SecondDraw = Annotated[
    Path | None,
    typer.Option(
        "--independent",
        metavar="FILE",
        help="With --pairs: a second draw of the student [N, ...], row i of the same class and "
        "fresh noise. The null, retention and concordance then compare with it.",
    ),
]
WITHOUT_PAIRS = {
    "out": "an experiment's records lie in its run folder",
    "solver": "experiments are measured with the solver of auto",
    "memory": "experiments have few samples",
    "classes": "experiments know the classes of their samples",
    "independent": "`sample` makes an experiment's second draw",
}
ShowPublished = Annotated[
    bool,
    typer.Option(
        "--published",
        help="Show what the project's own records say, of the experiments and studies named. "
        "Nothing is run.",
    ),
]
Publish = Annotated[
    Path | None,
    typer.Option("--publish", help="Also write each student's record, small, to this folder."),
]


@o.takes_request(**o.SHARED, snapshot=o.Snapshot)
def evaluate(
    request: Request,
    pairs: Pairs = None,
    out: Out = None,
    solver: Solver = None,
    memory: Memory = None,
    classes: ClassFile = None,
    independent: SecondDraw = None,
    published: ShowPublished = False,
    publish: Publish = None,
    tables: o.Tables = False,
) -> None:
    """Measure the pairing: Delta_E with its null, retention and quality; print the tables."""
    own = {"out": out, "solver": solver, "memory": memory, "classes": classes,
           "independent": independent}  # fmt: skip
    with guarded(HOW_TO_GO_ON if pairs is None else NOTHING_KEPT):
        if published:
            check_alone(request, pairs=pairs, publish=publish, **own)
            show_published(request.names, tables)
            return
        if pairs is not None:
            if publish is not None:
                fail("--publish goes with experiments; --pairs has --out for its record.")
            shared = {"classes": classes, "independent": independent}
            shared = {name: file for name, file in shared.items() if file is not None}
            _check_pairs(request, (*pairs, *shared.values()), out)
            if memory is not None and not 0 < memory < MOST_GIB:
                fail(f"--memory {memory:g} is no amount of memory; name a number of GiB above 0.")
            _evaluate_pairs(*pairs, shared, out, solver or "auto", memory)
            return
        for name, value in own.items():
            if value is not None:
                fail(f"--{name} goes with --pairs; {WITHOUT_PAIRS[name]}.")
        from dmdrepro.cli.execute import conclude, run_command
        from dmdrepro.cli.results import show_results
        from dmdrepro.pipeline.request import resolve

        if publish is not None:
            check_publish(publish, resolve(request)[0])
        if (plan := run_command(request, ("evaluate",))) is not None:
            unusable = show_results(plan, tables)
            if publish is not None:
                from dmdrepro.runs.results import open_results

                names = [experiment.name for experiment in plan.experiments]
                opened = open_results(plan.runs, plan.size, plan.seed, names)
                publish_results(opened.values(), publish, request.snapshot)
            conclude(plan, unusable)


def _check_pairs(request: Request, files: tuple[Path, ...], out: Path | None) -> None:
    """Refuse what --pairs would leave aside, and an --out that would overwrite an array."""
    from dmdrepro.metrics.arrays import file_of

    if request.names:
        fail("--pairs measures two files; it takes no experiment names.")
    # The arrays are measured on the CPU.
    given = [option for option in o.given(request) if (option, request.gpu) != ("--gpu", "cpu")]
    if given:
        fail(f"--pairs measures two files as they are; leave out {', '.join(given)}.")
    if out is None:
        return
    for file in map(file_of, files):
        if out.is_file() and file.exists() and out.samefile(file):
            fail(f"--out {out} would overwrite the array in {file}; name another file.")
    check_output("--out", out, json_with(PAIRS))


def _evaluate_pairs(
    teacher_file: Path,
    student_file: Path,
    shared: dict[str, Path],
    out: Path | None,
    solver: str,
    memory: float | None,
) -> None:
    """`shared`: `classes` and `independent`, the files that were given."""
    from rich.table import Table

    given = "".join(f" --{name} {file}" for name, file in shared.items())
    what = f"--pairs {teacher_file} {student_file}{given}"
    try:
        from dmdrepro.metrics import load_array, pairing_inefficiency
        from dmdrepro.metrics.memory import GIB
        from dmdrepro.metrics.other_formats import shown

        given = "".join(f" --{name} {shown(file)}" for name, file in shared.items())
        what = f"--pairs {shown(teacher_file)} {shown(student_file)}{given}"

        room = None if memory is None else int(memory * GIB)
        arrays, left = [], room
        for file in (teacher_file, student_file, *shared.values()):
            arrays.append(load_array(file, left, console.print))
            left = None if left is None else max(0, left - arrays[-1].nbytes)
        teacher, student, *others = arrays
        with display.at("Optimal pairing") as row:
            record = pairing_inefficiency(
                teacher,
                student,
                solver,
                **dict(zip(shared, others, strict=True)),
                memory=room,
                say=console.print,
                watch=lambda news: row.note(news.what, news.share),
            )
    except ValueError as error:
        fail(f"{what}: {error}")
    except (MemoryError, RuntimeError, OSError, ImportError) as error:
        if not says_no_memory(error):
            raise
        fail(f"{what}: {_no_memory(memory)}")
    facts = record.to_json()
    table = Table("quantity", "value", title=f"{shown(teacher_file)} against {shown(student_file)}")
    for name, value in facts.items():
        if name != "warnings":
            table.add_row(name, f"{value:.6g}" if isinstance(value, float) else str(value))
    console.print(table)
    for sentence in record.warnings:
        console.print(f"Warning: {sentence}")
    if out is not None:
        write_record(out, {**facts, "assignment": [int(j) for j in record.assignment]})
        console.print(f"Written: {shown(out)}")


def _no_memory(memory: float | None) -> str:
    """What to do about an allocation that failed."""
    if memory is None:
        remedy = "name how much may be taken, as --memory 1 (GiB)"
    else:
        remedy = f"--memory {memory:g} is more than the system gives: name less"
    return f"an allocation failed, for there is not enough memory; {remedy}, or measure fewer rows."
