"""`reproduce.py evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dmdrepro.cli.guard import console, fail, guarded
from dmdrepro.cli.options import Request, takes_request
from dmdrepro.cli.paths import check_file, check_folder
from dmdrepro.cli.published import check_alone, publish_results, show_published
from dmdrepro.cli.trouble import says_no_memory

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
ShowPublished = Annotated[
    bool,
    typer.Option("--published", help="Print the tables of the project's own records; run nothing."),
]
Publish = Annotated[
    Path | None,
    typer.Option("--publish", help="Also write each student's record, small, to this folder."),
]


@takes_request
def evaluate(
    request: Request,
    pairs: Pairs = None,
    out: Out = None,
    solver: Solver = None,
    memory: Memory = None,
    published: ShowPublished = False,
    publish: Publish = None,
) -> None:
    """Measure the pairing: Delta_E with its null, retention and quality; print the tables."""
    with guarded():
        if published:
            check_alone(
                request, pairs=pairs, out=out, solver=solver, memory=memory, publish=publish
            )
            show_published()
            return
        if publish is not None:
            check_folder("--publish", publish)
        if pairs is not None:
            _check_pairs(request, pairs, out)
            if memory is not None and not 0 < memory < MOST_GIB:
                fail(f"--memory {memory:g} is no amount of memory; name a number of GiB above 0.")
            _evaluate_pairs(*pairs, out, solver or "auto", memory)
            return
        if out is not None:
            fail("--out goes with --pairs; an experiment's records lie in its run folder.")
        if solver is not None:
            fail("--solver goes with --pairs; experiments are measured with the solver of auto.")
        if memory is not None:
            fail("--memory goes with --pairs; experiments have few samples.")
        from dmdrepro.cli.execute import conclude, run_command
        from dmdrepro.cli.results import print_tables

        if (plan := run_command(request, ("evaluate",))) is not None:
            unusable = print_tables(plan)
            if publish is not None:
                from dmdrepro.runs.results import open_results

                names = [experiment.name for experiment in plan.experiments]
                opened = open_results(plan.runs, plan.size, plan.seed, names)
                publish_results(opened.values(), publish)
            conclude(plan, unusable)


def _check_pairs(request: Request, files: tuple[Path, Path], out: Path | None) -> None:
    """Refuse what --pairs would leave aside, and an --out that would overwrite an array."""
    from dmdrepro.metrics.arrays import file_of

    if request.names:
        fail("--pairs measures two files; it takes no experiment names.")
    # The arrays are measured on the CPU.
    given = [option for option in request.given() if (option, request.gpu) != ("--gpu", "cpu")]
    if given:
        fail(f"--pairs measures two files as they are; leave out {', '.join(given)}.")
    if out is None:
        return
    check_file("--out", out)
    for file in map(file_of, files):
        if out.exists() and file.exists() and out.samefile(file):
            fail(f"--out {out} would overwrite the array in {file}; name another file.")


def _evaluate_pairs(
    teacher_file: Path, student_file: Path, out: Path | None, solver: str, memory: float | None
) -> None:
    from rich.table import Table

    from dmdrepro.runs.files import write_json

    what = f"--pairs {teacher_file} {student_file}"
    try:
        from dmdrepro.metrics import load_array, pairing_inefficiency
        from dmdrepro.metrics.memory import GIB

        record = pairing_inefficiency(
            load_array(teacher_file),
            load_array(student_file),
            solver,
            memory=None if memory is None else int(memory * GIB),
            say=console.print,
        )
    except ValueError as error:
        fail(f"{what}: {error}")
    except (MemoryError, RuntimeError, OSError, ImportError) as error:
        if not says_no_memory(error):
            raise
        fail(f"{what}: {_no_memory(memory)}")
    facts = record.to_json()
    table = Table("quantity", "value", title=f"{teacher_file} against {student_file}")
    for name, value in facts.items():
        if name != "warnings":
            table.add_row(name, f"{value:.6g}" if isinstance(value, float) else str(value))
    console.print(table)
    for sentence in record.warnings:
        console.print(f"Warning: {sentence}")
    if out is not None:
        write_json(out, {**facts, "assignment": [int(j) for j in record.assignment]})
        console.print(f"Written: {out}")


def _no_memory(memory: float | None) -> str:
    """What to do about an allocation that failed."""
    if memory is None:
        remedy = "name how much may be taken, as --memory 1 (GiB)"
    else:
        remedy = f"--memory {memory:g} is more than the system gives: name less"
    return f"an allocation failed, for there is not enough memory; {remedy}, or measure fewer rows."
