"""Plans of commands, for tests that look at them or make their chains."""

from pathlib import Path

from dmdrepro.experiments import STUDIES
from dmdrepro.pipeline.plan import Plan, make_plan, make_study_plan
from dmdrepro.pipeline.request import Request
from dmdrepro.pipeline.task import STAGES


def plan_of(*names: str, size: str = "smoke", gpu: str = "cpu", **options: object) -> Plan:
    """Of `all NAME...`; `options`: of its Request."""
    return make_plan(Request(list(names), size, gpu, **options), STAGES)


def study_plan(seeds: tuple[int, ...], size: str = "smoke", runs: Path = Path("nowhere")) -> Plan:
    """Of `study start`."""
    study = STUDIES["start"].at(size)
    return make_study_plan(study, seeds, Request([study.experiment], size, "cpu", runs=runs))
