"""`reproduce.py summary`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import console, errors, fail, guarded
from dmdrepro.cli.overwrite import check_output, json_with
from dmdrepro.cli.study import Seeds, parsed_seeds
from dmdrepro.experiments import REGISTRY, SIZES, check_name, check_size, size_words

if TYPE_CHECKING:
    from dmdrepro.measures.students import Results, Student

Folders = Annotated[
    list[Path] | None,
    typer.Option("--runs", help="Folder of runs. Repeatable: seeds may lie in several."),
]
OneSize = Annotated[
    str | None, typer.Option("--size", help="Only this size. Default: each that was run.")
]
Json = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the answers as JSON; - is the output."),
]


def summary(
    experiments: o.Names = None,
    size: OneSize = None,
    seeds: Seeds = None,
    runs: Folders = None,
    json: Json = None,
) -> None:
    """Say what was found, over seeds and folders of runs. Nothing is run."""
    with guarded():
        if json is not None and json != "-":
            check_output("--json", Path(json), json_with(("answers",)))
        names = list(dict.fromkeys(experiments or REGISTRY))
        for name in names:
            check_name(name)
        if size is not None:
            check_size(size)
        wanted = None if seeds is None else parsed_seeds(seeds)
        folders = runs or [Path("runs")]
        for folder in folders:
            if not folder.is_dir():
                fail(f"--runs {folder} is no folder; name one that holds runs.")
        unusable: list[str] = []
        found = {
            each: students
            for each in ([size] if size else reversed(SIZES))
            if (students := _students(folders, each, wanted, names, unusable))
        }
        if not found and not unusable:
            where = ", ".join(map(str, folders))
            fail(f"Nothing that was asked for has been evaluated in {where}; run `all` first.")
        if json is not None:
            _write(found, json)
            _end(unusable)
            return
        from dmdrepro.cli.results import print_answer

        for each, students in found.items():
            console.print(f"Size {size_words(each)}")
            print_answer(students, whole=experiments is None)
        _end(unusable)


def _end(unusable: list[str]) -> None:
    if unusable:
        fail(f"{len(unusable)} cannot be shown: {', '.join(dict.fromkeys(unusable))}.")


def _students(
    folders: Sequence[Path],
    size: str,
    seeds: Sequence[int] | None,
    names: Sequence[str],
    unusable: list[str],
) -> list[Student]:
    """The students over all folders; `unusable` is given the names of what cannot be shown."""
    from dmdrepro.commands import advice
    from dmdrepro.measures import evaluation
    from dmdrepro.measures.students import collect
    from dmdrepro.runs.results import Missing, open_results, seeds_found

    opened: dict[str, dict[int, object]] = {name: {} for name in names}
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        for seed in seeds_found(folder, size):
            if seeds is not None and seed not in seeds:
                continue
            found = open_results(folder, size, seed, names, advice, evaluation())
            for name, result in found.items():
                if isinstance(result, Missing):
                    if result.unusable:
                        unusable.append(name)
                        errors.print(f"{name}, seed {seed}, in {folder}: {result.reason}")
                elif seed in opened[name]:
                    errors.print(f"{name}, seed {seed}, is in two folders; not taken: {folder}")
                else:
                    opened[name][seed] = result
    results: Results = {
        name: [each[seed] for seed in sorted(each)] for name, each in opened.items() if each
    }
    return collect(results, every=True)


def _write(found: dict[str, list[Student]], file: str) -> None:
    from dmdrepro.report.answer import answer
    from dmdrepro.runs.files import json_text, write_bytes

    every = [answer(s).to_json() for students in found.values() for s in students]
    text = json_text({"answers": every})
    if file == "-":
        sys.stdout.write(text)
        return
    write_bytes(Path(file), text.encode())
    console.print(f"Written: {file}")
