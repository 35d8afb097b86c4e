"""Commands as the user writes them, for sentences that name one; and how to start one.

Whoever reads or makes runs knows no command: it is given `advice`, or says what is the matter.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dmdrepro.checkout import ROOT, is_checkout

if TYPE_CHECKING:
    from dmdrepro.runs.results import Result

VARIABLE = "DMDREPRO_PROGRAM"  # tells a process of --jobs how the user started the command


def program() -> str:
    """`dmdrepro`, `python -m dmdrepro` or `python reproduce.py`, as this program was started."""
    if said := os.environ.get(VARIABLE):
        return said
    started = Path(sys.argv[0])
    if (started.parent.name, started.name) == ("dmdrepro", "__main__.py"):
        return "python -m dmdrepro"
    checkout = is_checkout() and started.stem != "dmdrepro"
    return "python reproduce.py" if checkout else "dmdrepro"


def as_now() -> list[str]:
    """What starts a command of this same code in a process of its own, from any folder."""
    if is_checkout():
        return [sys.executable, str(ROOT / "reproduce.py")]
    return [sys.executable, "-P", "-m", "dmdrepro"]  # -P: not what the folder may hold


# Command -> what has to be made anew after it.
AFTER = {
    "distill": ", then `sample` and `evaluate` likewise",
    "sample": ", then `evaluate` likewise",
}


def making(result: Result, command: str = "all", own: Iterable[str] | None = None) -> str:
    """The command line that makes an experiment's or arm's stages at its size and seed.

    `own`: as of `loads`.
    """
    if result.study:
        words = f"study {result.study} --seeds {result.seed} --size {result.size}"
    else:
        words = f"{command} {result.experiment} --size {result.size} --seed {result.seed}"
        words += " --weights DIR" if _needs_weights(result) else ""
    return f"{program()} {words}" + loads(result.experiment, result.study, own)


def loads(experiment: str, study: str = "", own: Iterable[str] | None = None) -> str:
    """The options --load that it needs; `own`: keys of measures of files, else all loaded ones."""
    from dmdrepro.experiments import STUDIES
    from dmdrepro.experiments.origin import ORIGINS
    from dmdrepro.loading import file_of

    if own is None:
        own = [name for kind, name in ORIGINS if kind == "measure"]
    if study in STUDIES:
        experiment = STUDIES[study].experiment  # its results are named after their arm
    named = (("experiment", experiment), ("study", study), *(("measure", key) for key in own))
    files = dict.fromkeys(file_of(*each) for each in named)
    return "".join(f" --load {shlex.quote(file)}" for file in files if file)


def _needs_weights(result: Result) -> bool:
    from dmdrepro.experiments import REGISTRY

    name = result.experiment
    return not result.study and name in REGISTRY and not REGISTRY[name]().data.sampled


def advice(result: Result, stage: str | None) -> str:
    """What to do about results that cannot be shown.

    `stage`: the first that has to be made anew; "": one that is not done; None: none is.
    """
    if stage is None:
        return ("needs weights: " if _needs_weights(result) else "") + making(result)
    if stage == "":
        return f"run `{making(result)}` with your other options"
    if result.study:  # has no --fresh
        return f"move {result.folder} away and run `{making(result)}`"
    line = making(result, stage)
    return f"run `{line} --fresh` with your other options" + AFTER.get(stage, "")
