"""Which way `auto` executes a long stage on a GPU: the fastest that is right, tried once a machine.

Each way is tried in a process of its own (`trial.py`), in a fixed order, within a fixed time. What
was found is remembered in the user's cache for this GPU, these versions and this kind of step.
Whatever was remembered, a stage checks its own record as always.
"""

import hashlib
import json
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from dmdrepro.checkout import environment
from dmdrepro.data.mnist_files import default_cache
from dmdrepro.experiments.config import Experiment
from dmdrepro.experiments.estimate import estimate
from dmdrepro.runs.files import remember, remembered
from dmdrepro.runs.provenance import provenance
from dmdrepro.training.engine import Engine

# The compiler last: it may take all the time that is left.
WAYS = ("graphs,channels-last", "graphs", "compiled,graphs,channels-last")
WORTH_S = 600.0  # of a stage, as the plan estimates it: a shorter one is executed the first way
LIMIT_S = 300.0  # for all trials
LEAST_S = 20.0  # for one: its start takes some of it


def fastest(
    experiment: Experiment, stage: str, device: torch.device, say: Callable[[str], None]
) -> Engine:
    """`auto` with the way that was found for `teacher` or `distill` of this experiment.

    The first of WAYS if the stage is short or nothing else was right in time.
    """
    usual = replace(Engine.parse(WAYS[0]), auto=True)
    if estimate(experiment, stage, gpu=True).seconds < WORTH_S:
        return usual
    memory, key = default_cache().parent / "ways.json", _key(experiment, stage, device)
    if not _is_ours(found := remembered(memory).get(key)):
        say(f"Which way of execution is the fastest for this {stage} stage: trying, once ...")
        found = _try_all(experiment, stage, device)
        failed = [f"{way} ({each['failed']})" for way, each in found.items() if "failed" in each]
        if failed:  # perhaps of something that passes, such as a full GPU
            say(f"Not tried, and not remembered: {', '.join(failed)}.")
        else:
            remember(memory, key, found)
    times = {w: f["iteration_s"] for w, f in found.items() if "iteration_s" in f}
    best = min(times, key=times.__getitem__, default=WAYS[0])
    if times:
        say(f"Executed as {best}: {1e3 * times[best]:.3g} ms an iteration when it was tried.")
    return replace(Engine.parse(best), auto=True)


def _try_all(experiment: Experiment, stage: str, device: torch.device) -> dict[str, dict]:
    until, found = time.monotonic() + LIMIT_S, {}
    for way in WAYS:
        left = until - time.monotonic()
        if left < LEAST_S:
            break
        found[way] = _try(experiment, stage, way, device, left)
    return found


def _try(
    experiment: Experiment, stage: str, way: str, device: torch.device, limit_s: float
) -> dict[str, object]:
    """What `trial` says, in a process of its own; {why} if not in time, {failed} if it ends."""
    try:
        given = pickle.dumps((experiment, stage, way, str(device.index or 0)))
        done = subprocess.run(
            [sys.executable, "-P", "-m", "dmdrepro.training.trial"],
            input=given,
            capture_output=True,
            timeout=limit_s,
            env=environment(),
            check=True,
            start_new_session=True,
        )
        return json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"why": f"not ready in {limit_s:.0f} s"}
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        return {"failed": last or f"exit status {error.returncode}"}
    except (pickle.PicklingError, AttributeError, TypeError, ValueError, IndexError) as error:
        return {"why": f"it cannot be tried apart: {error}"}  # an experiment of the user's program


def _key(experiment: Experiment, stage: str, device: torch.device) -> str:
    """What the speed and the rightness of a way depend on."""
    facts = provenance(str(device))
    settings = experiment.as_dict()
    about = [facts[name] for name in ("version", "torch", "triton", "device")]
    about += [torch.version.cuda, stage, settings["model"], settings["data"], settings["precision"]]
    about += [settings["teacher" if stage == "teacher" else "distill"]]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]


def _is_ours(found: object) -> bool:
    """Whether it is what `_try_all` finds."""
    return isinstance(found, dict) and all(
        way in WAYS and isinstance(each, dict) for way, each in found.items()
    )
