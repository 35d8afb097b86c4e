"""The command lines that make a plan's parts, for processes and jobs of a queue."""

from dmdrepro.experiments.registry import field_names
from dmdrepro.pipeline.chains import Chain
from dmdrepro.pipeline.plan import Plan


def chain_words(plan: Plan, chain: Chain, **options: object) -> list[str]:
    """The command that makes a chain; `options`: beside those of the plan, None: left out."""
    request, run = plan.request, chain.tasks[0].run
    mine = {
        "stages": ",".join(task.stage for task in chain.tasks),
        "snapshot": chain.tasks[0].snapshot,
    }
    words = _options(plan, {"jobs": 1, **mine, **options})
    if plan.study:
        seed = run.experiment.seed
        return ["study", plan.study, f"--arm={run.arm.name}", f"--seeds={seed}", *words]
    known = field_names(run.experiment)
    settings = [s for s in request.settings or [] if s.partition("=")[0].strip() in known]
    words += [f"--set={setting}" for setting in settings]
    return ["all", run.experiment.name, f"--seed={run.experiment.seed}", *words]


def plan_words(plan: Plan, **options: object) -> list[str]:
    """The command that makes the whole plan in one process."""
    seeds = f"--seeds={','.join(map(str, plan.seeds))}"
    words = [seeds, *_options(plan, {"jobs": 1, "gpus-per-run": None, **options})]
    if plan.study:
        arms = dict.fromkeys(task.run.arm.name for task in plan.tasks)
        return ["study", plan.study, *(f"--arm={arm}" for arm in arms), *words]
    settings = [f"--set={setting}" for setting in plan.request.settings or []]
    return ["all", *plan.request.names, *words, *settings]


def _options(plan: Plan, more: dict[str, object]) -> list[str]:
    request = plan.request
    options = {
        "size": plan.size,
        "runs": request.runs,
        "data": request.data,
        "weights": request.weights,
        "engine": request.engine,
        "log": request.log,
        "gpus-per-run": request.gpus_per_run,
        **more,
    }
    words = [f"--{name}={value}" for name, value in options.items() if value is not None]
    words += ["--offline"] if request.offline else []
    return words + [f"--load={file}" for file in request.load or []]
