"""Students of the paper's network and images that went the paper's path at another rate.

Such a student (size `laptop-32` at width 64) shows what the path does, not what the paper's run
gives. It has a state of its own in the verdict and is never called reproduced.
"""

import math
from dataclasses import dataclass

from dmdrepro.experiments import REGISTRY, build
from dmdrepro.measures.along import path_length, ways
from dmdrepro.measures.expected import PAPER_NUMBERS, PaperNumber
from dmdrepro.measures.students import Student, differences
from dmdrepro.measures.table import Cell

WITHIN = 1.25  # factor between the path of the stop and the paper's


@dataclass(frozen=True)
class Stop:
    """A student at its stop nearest the paper's path; one value a seed in each list."""

    experiment: str
    number: PaperNumber  # the paper's, of the teacher whose iterations are nearest
    words: str  # iterations, path and rate
    delta_e: list[Cell]
    null: list[Cell]
    quality: list[Cell]


def path_matched(student: Student) -> Stop | None:
    """None of the paper's size, of another network or data, and without a stop near the path."""
    name = student.records[0].get("experiment", student.experiment)
    numbers = [
        n for n in PAPER_NUMBERS
        if n.experiment == name and n.teacher_iterations and n.delta_e is not None
    ]  # fmt: skip
    if student.results[0].size == "paper" or name not in REGISTRY or not numbers:
        return None
    paper = build(name, "paper").as_dict()
    if differences({key: paper[key] for key in ("data", "model")}, student.config):
        return None
    goal = path_length(paper["distill"], paper["distill"]["iterations"])
    found = ways(student)
    apart = [abs(math.log(path / goal)) if path else math.inf for path in found[0].path]
    at = min(range(len(apart)), key=apart.__getitem__)
    if apart[at] > math.log(WITHIN):
        return None
    rate = student.config["distill"]["lr"] / paper["distill"]["lr"]
    return Stop(
        name,
        min(numbers, key=lambda n: abs(math.log(n.teacher_iterations / student.snapshot))),
        f"{found[0].iterations[at]:,} iterations, path {found[0].path[at]:.2g} of the paper's "
        f"{goal:.2g} at {rate:.3g} times its rate",
        *(
            [way.values(key, path)[at] for way in found]
            for key, path in (
                ("pairing", ("delta_e",)),
                ("pairing", ("delta_e_null",)),
                ("quality", ("ratio",)),
            )
        ),
    )
