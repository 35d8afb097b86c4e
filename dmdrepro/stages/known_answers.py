"""Stage `known`: measure pairs whose pairing is known; one stage a seed, of no experiment."""

from dataclasses import asdict
from pathlib import Path

from dmdrepro.experiments import check_size
from dmdrepro.known import SMOKE, KnownSettings, known_answers
from dmdrepro.runs.layout import known_folder
from dmdrepro.runs.results import KNOWN_NAME
from dmdrepro.runs.stage import Stage
from dmdrepro.stages.context import Context, Made


def known_settings(size: str) -> KnownSettings:
    """Everything, or a little at the smoke size; raises ConfigError for an unknown size."""
    check_size(size)
    return SMOKE if size == "smoke" else KnownSettings()


def known_stage(runs: Path, size: str, seed: int) -> Stage:
    """The stage beside the experiments of a size and seed; it depends on none of them."""
    key = {"seed": seed, "known": asdict(known_settings(size))}
    # As JSON has it, to be compared with what was written.
    key["known"] = {k: list(v) if isinstance(v, tuple) else v for k, v in key["known"].items()}
    return Stage(known_folder(runs, size, seed), key, KNOWN_NAME, runs=runs)


def make_known(stage: Stage, size: str, seed: int, context: Context) -> bool:
    """True if something was made; on the CPU, whatever the session's device."""

    def work(stage: Stage) -> Made:
        return [], {"seed": seed, **known_answers(known_settings(size), seed)}

    return context.make(stage, work)
