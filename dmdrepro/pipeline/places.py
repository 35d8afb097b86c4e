"""Before the work: whether all that a command writes later can be written, and fits on the disk."""

import contextlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from dmdrepro.experiments.estimate import estimate
from dmdrepro.pipeline.cost import bytes_words
from dmdrepro.pipeline.paths import there, try_writing
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.task import STAGES, Task
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.layout import PAGE, seed_folder
from dmdrepro.runs.leftovers import drop_parts
from dmdrepro.runs.links import refuse_links

WRITTEN = (".png", ".pdf", ".md", ".csv", ".json", ".html")  # what results are written as


def check_places(plan: Plan, jobs: int) -> None:
    """Refuse, before hours of work, a place that it could not write to at its end.

    Nothing is tried if all is done, which can be looked at on a read-only disk. Raises RunError
    or DamagedArtifact, or the OSError of the place.
    """
    fresh = plan.request.fresh
    left = [task for task in plan.tasks if fresh or not task.place().done]
    if not left:
        return
    places = later(plan)
    for place in [*places, *(task.place().folder for task in left)]:
        if not fresh or place in places:  # a stage's link is itself moved aside by --fresh
            refuse_links(place, plan.runs)
        for file in [place] if place.name == PAGE else _inside(place):
            if file.suffix in WRITTEN and file.is_dir():
                raise RunError(f"{file} is a folder, and a file is to be written there; move it.")
        try_writing(place.parent if place.name == PAGE else place)
    _check_space(plan, left, fresh, jobs)


def later(plan: Plan) -> list[Path]:
    """What is written when the stages are done: figures, tables, pages."""
    if plan.part:
        return []
    seeds = [seed_folder(plan.runs, plan.size, seed) for seed in plan.seeds]
    if plan.study:
        pages = [folder / PAGE for folder in seeds]
        return [plan.runs / plan.size / f"study-{plan.study}", *pages]
    names = ("tables", PAGE) if "evaluate" in plan.stages else ()
    if plan.stages == STAGES:
        names += ("figures", "known", "known/tables")
    return [folder / name for folder in seeds for name in names]


def _check_space(plan: Plan, left: Iterable[Task], fresh: bool, jobs: int) -> None:
    """Raise RunError, with both numbers, if the disk has less room than the plan needs."""
    disk, states = 0.0, []
    for task in left:
        cost = estimate(task.run.experiment, task.stage, gpu=False)
        inside = _inside(task.place().folder)
        there = 0.0 if fresh else sum(file.stat().st_size for file in inside)
        disk += max(0.0, cost.disk - there)
        states.append(max(0.0, cost.states - max(0.0, there - cost.disk)))
    need = disk + sum(sorted(states)[-jobs:])
    folder, free = free_space(plan.runs)
    if need > free:
        raise RunError(
            f"{folder} has {bytes_words(free)} free, and what is left to do needs about "
            f"{bytes_words(need)} ({bytes_words(disk)} that stay, the rest for saved states on the "
            "way). Free space there, or name a --runs folder on another disk."
        )


def free_space(runs: Path) -> tuple[Path, float]:
    """(the folder that is there, bytes free on its disk)."""
    folder = there(runs.absolute())
    return folder, float(shutil.disk_usage(folder).free)


def ready(place: Path, runs: Path) -> Path:
    """A folder or file of results just before it is written: no link, no part of a dead process."""
    refuse_links(place, runs)
    with contextlib.suppress(OSError):  # a read-only disk
        drop_parts(place.parent if place.name == PAGE else place, locked=False)
    return place


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
