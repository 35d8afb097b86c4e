"""`reproduce.py summary`."""

from collections.abc import Sequence
from pathlib import Path

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import console, errors, fail, guarded
from dmdrepro.cli.overwrite import check_output, give_record, json_with
from dmdrepro.cli.published import read_records
from dmdrepro.cli.results import print_answer
from dmdrepro.commands import advice
from dmdrepro.experiments import (
    NEEDS_LOAD,
    REGISTRY,
    check_name,
    check_size,
    every_size,
    size_words,
)
from dmdrepro.measures import evaluation
from dmdrepro.measures.students import Results, collect
from dmdrepro.pipeline.request import parsed_seeds
from dmdrepro.report import render_terminal, seeds_table
from dmdrepro.report.answer import answer
from dmdrepro.runs.published import of_size
from dmdrepro.runs.results import Missing, open_results, seeds_found

# fmt: off
OnlySeeds = o.option(str | None, "--seeds", "Such as 0-4 or 0,2,5. Default: all that were run.")
Folders = o.option(list[Path] | None, "--runs",
    "Folder of the runs. Repeatable: seeds may lie in several. Default: runs.")
OneSize = o.option(str | None, "--size", "Only this size. Default: all that were run.")
Published = o.option(bool, "--published", "Read the project's own records instead of --runs.")
Json = o.option(str | None, "--json", "Write the answers as JSON; - prints them.", metavar="FILE")
# fmt: on


def summary(
    experiments: o.Names = None,
    size: OneSize = None,
    seeds: OnlySeeds = None,
    runs: Folders = None,
    published: Published = False,
    json: Json = None,
    load: o.Load = None,
) -> None:
    """Say what was found over all seeds: the answer, mean, smallest, largest, each seed."""
    with guarded():
        if json is not None and json != "-":
            check_output("--json", Path(json), json_with(("answers",)))
        names = list(dict.fromkeys(experiments or REGISTRY))
        for name in names:
            check_name(name)
        if size is not None:
            check_size(size)
        wanted = None if seeds is None else parsed_seeds(seeds)
        if published and runs:
            fail("--published reads the project's own records; leave out --runs.")
        folders = runs or [Path("runs")]
        for folder in () if published else folders:
            if not folder.is_dir():
                fail(f"--runs {folder} is not a folder; name one that holds runs.")
        unusable: list[str] = []
        records = read_records() if published else {}
        found = {}
        for each in [size] if size else reversed(every_size()):
            if published:
                results = _of_seeds(of_size(records, each, names), wanted)
            else:
                results = _results(folders, each, wanted, names, unusable)
            if students := collect(results, every=True):
                found[each] = students
        if not found and not unusable:
            where = "published" if published else f"evaluated in {', '.join(map(str, folders))}"
            todo = "" if published else f"; run `all` first. {NEEDS_LOAD}"
            fail(f"Nothing that was asked for has been {where}{todo or '.'}")
        if json is not None:
            every = [answer(s).to_json() for students in found.values() for s in students]
            give_record(json, {"answers": every}, console)
        for each, students in found.items() if json is None else ():
            console.print(f"Size {size_words(each)}")
            print_answer(students, whole=experiments is None)
            if any(len(student.seeds) > 1 for student in students):
                console.print(render_terminal(seeds_table(students)))
        if unusable:
            fail(f"{len(unusable)} cannot be shown: {', '.join(dict.fromkeys(unusable))}.")


def _of_seeds(results: Results, seeds: Sequence[int] | None) -> Results:
    """The results of these seeds (None: of all), without the names that have none."""
    mine = {n: [r for r in each if seeds is None or r.seed in seeds] for n, each in results.items()}
    return {name: each for name, each in mine.items() if each}


def _results(
    folders: Sequence[Path],
    size: str,
    seeds: Sequence[int] | None,
    names: Sequence[str],
    unusable: list[str],
) -> Results:
    """The results over all folders; `unusable` is given the names of what cannot be shown."""
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
    return {name: [each[seed] for seed in sorted(each)] for name, each in opened.items() if each}
