"""What `doctor` measured on this machine, kept in the user's cache for the dry run's times."""

import contextlib
import datetime
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dmdrepro.data.mnist_files import default_cache
from dmdrepro.experiments import Experiment, build
from dmdrepro.experiments.estimate import Estimate, estimate
from dmdrepro.runs import files
from dmdrepro.runs.provenance import provenance

STUDENT, TEACHER = "one iteration of a distillation", "one step of a teacher"  # the doctor's
STEPS = {STUDENT: "distill", TEACHER: "teacher"}
Milliseconds = dict[str, dict[str, float]]  # experiment -> stage -> of one step


@dataclass(frozen=True)
class Measured:
    """Steps that were timed with the engine `auto`, at one size; `date`: ISO 8601, of the day."""

    date: str
    threads: int
    size: str
    ms: Milliseconds

    def corrected(self, experiment: Experiment, stage: str, cost: Estimate) -> Estimate:
        """The cost with the time of its measured steps, of mnist or chessboard if not its own.

        What differs in the settings counts as the model says.
        """
        names = experiment.name, "mnist" if experiment.images else "chessboard"
        name = next((name for name in names if stage in self.ms.get(name, {})), None)
        if name is None or not experiment.data.sampled:
            return cost
        timed = build(name, self.size)
        steps = timed.teacher.snapshots[-1] if stage == "teacher" else timed.distill.iterations
        now, then = (estimate(each, stage, gpu=False).seconds for each in (experiment, timed))
        return replace(cost, seconds=now / then * steps * self.ms[name][stage] / 1e3)


def measured(rows: Iterable[Mapping], size: str) -> Measured:
    """The times of the doctor's rows."""
    timed = [row for row in rows if row["part"] in STEPS and row["ok"] is not False]
    ms: Milliseconds = {}
    for row in timed:
        name = str(row["what"]).partition(",")[0]
        ms.setdefault(name, {})[STEPS[row["part"]]] = row.get("iteration_ms", row.get("step_ms"))
    threads = max((row["threads"] for row in timed), default=0)
    return Measured(datetime.date.today().isoformat(), threads, size, ms)


def remember(found: Measured, gpu: str | None) -> None:
    """Keep the times, if there are any and the cache can be written."""
    if found.ms:
        files.remember(_file(), _key(gpu, found.size), asdict(found))


def recall(gpu: str | None, size: str) -> Measured | None:
    """What was measured on this device with these versions; None if nothing, or it is not ours."""
    if not (known := files.remembered(_file())):
        return None
    about = known.get(_key(gpu, size))
    try:
        ms = {
            name: {stage: float(value) for stage, value in each.items() if 0 < value < 1e9}
            for name, each in about["ms"].items()
        }
        return Measured(str(about["date"]), int(about["threads"]), size, ms)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _file() -> Path:
    return default_cache().with_name("doctor.json")


def _key(gpu: str | None, size: str) -> str:
    """What a step's time depends on: the device and the versions; `gpu`: a number, None: a CPU."""
    facts = provenance()
    # Of torch's own version the part after "+" is known only once it is loaded.
    versions = (f"{n} {str(facts[n]).partition('+')[0]}" for n in ("version", "torch", "triton"))
    return ", ".join([_processor() if gpu is None else _gpu(gpu), size, *versions])


def _gpu(number: str) -> str:
    import torch

    return torch.cuda.get_device_name(int(number)) if torch.cuda.is_available() else "no GPU"


def _processor() -> str:
    """The processor's model, if the system tells it, and its cores."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(x for x in lines if x.startswith("model name")).partition(": ")[2]
    return f"{model}, {os.cpu_count()} cores"
