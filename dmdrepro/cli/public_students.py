"""`study public-students`: one table and one figure of other people's students, no training."""

from pathlib import Path

from dmdrepro.cli.compare_networks import draw_pair, drawing_session
from dmdrepro.cli.guard import console, errors, fail
from dmdrepro.experiments import public_students as public
from dmdrepro.pipeline.places import ready
from dmdrepro.pipeline.request import Request
from dmdrepro.report import render_terminal, write_tables
from dmdrepro.runs.files import json_text, write_bytes

SMOKE, USUAL = (40, 2), (1000, 8)  # samples, and the teacher's steps


def public_students(request: Request) -> None:
    """Draw from each student whose file is there, compare, print; others are one line each."""
    folder = public.folder_of(request.weights)
    given, notes = _given(folder)
    for words in notes:
        console.print(words)
    if not given:
        fail(f"{folder} holds no student with its teacher, so there is nothing to compare.")
    n, steps = SMOKE if request.size == "smoke" else USUAL
    seeds = request.every_seed
    if request.dry_run:
        for student, teacher, file in given:
            console.print(f"{student.name}: {file}, of {teacher}")
        evaluations = n * (2 * steps - 1) * len({str(t) for _, t, _ in given}) + 2 * n * len(given)
        console.print(f"{evaluations * len(seeds):,} network evaluations at most.")
        return
    rows, failed = _rows(request, given, n, steps, seeds)
    if rows:
        _show(rows, notes, request)
    if failed:
        fail(f"{len(failed)} failed: {', '.join(failed)}.")


def _given(folder: Path) -> tuple[list[tuple[public.Public, Path, Path]], list[str]]:
    """(student, its teacher's file, its own) of those that are there; a line for each other."""
    given, notes = [], []
    for student in public.STUDENTS:
        teacher = public.find(folder, *public.TEACHERS[student.teacher])
        file = public.find(folder, student.file)
        if file is None:
            notes.append(f"not run: {student.name}: no {student.file}; from {student.source}.")
        elif teacher is None:
            notes.append(f"not run: {student.name}: no {public.TEACHERS[student.teacher][0]}.")
        else:
            given.append((student, teacher, file))
    return given, notes


def _rows(request: Request, given, n: int, steps: int, seeds) -> tuple[list, list[str]]:
    """The comparisons, and the names of those that failed, whose sentence has been printed."""
    from dmdrepro.comparison import compare
    from dmdrepro.comparison.several import Row
    from dmdrepro.stages.networks import Settings

    session = drawing_session(request.gpu, request.runs, console)
    rows, failed = [], []
    for seed in seeds:
        settings = Settings(n=n, seed=seed)
        for each, teacher_file, file in given:
            pair = teacher_file, file
            try:
                files, about = draw_pair(*pair, settings, each.sigma, steps, request.runs, session)
                found = compare(**files, about=about)
            except ValueError as error:
                errors.print(f"{each.name} failed: {error}")
                failed.append(each.name)
                continue
            console.print(f"{each.name}, seed {seed}: {found.sentence}")
            rows.append(Row(each.name, each.teacher, each.path, seed, found))
    return rows, failed


def _show(rows: list, notes: list[str], request: Request) -> None:
    """Write table, figure and records; print the table."""
    from dmdrepro.comparison.several import several_figure, several_table
    from dmdrepro.paper_figures.saving import write_figure

    folder = ready(request.runs / (request.size or "paper") / f"study-{public.NAME}", request.runs)
    table = several_table("public_students", public.QUESTION, rows, notes)
    write_tables([table], folder)
    seeds = ", ".join(dict.fromkeys(str(row.seed) for row in rows))
    about = {"Title": public.QUESTION, "Seed": seeds}
    write_figure(several_figure(public.QUESTION, rows), folder / "study", about)
    records = [{"student": r.student, "seed": r.seed, **r.found.to_json()} for r in rows]
    write_bytes(folder / "records.json", json_text({"records": records}).encode())
    console.print(render_terminal(table, folder))
    console.print(f"Table, figure and records: {folder}")
