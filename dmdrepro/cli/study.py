"""`reproduce.py study`."""

from dataclasses import replace
from pathlib import Path

from dmdrepro.cli import options as o
from dmdrepro.cli.evaluate import Publish
from dmdrepro.cli.execute import conclude, run_plan
from dmdrepro.cli.guard import console, fail
from dmdrepro.cli.published import check_publish, publish_results
from dmdrepro.cli.results import print_answer, refresh_page
from dmdrepro.experiments import NEEDS_LOAD, STUDIES, Study, nearest
from dmdrepro.experiments import public_students as public
from dmdrepro.measures.students import collect
from dmdrepro.pipeline.places import ready
from dmdrepro.pipeline.plan import Plan, make_study_plan
from dmdrepro.pipeline.request import Request
from dmdrepro.report import render_terminal, write_tables
from dmdrepro.report.study import begun, damaged_arms, open_arms, study_tables

# fmt: off
Name = o.argument(str | None, "[STUDY]", "Which study; without: list them.")
Seeds = o.option(str | None, "--seeds", "Such as 0-4 or 0,2,5. Default: the study's own.")
Size = o.option(str | None, "--size",
    "smoke, laptop, laptop-32 or paper. Default: the study's own.")
Weights = o.option(Path | None, "--weights", metavar="DIR", about=
    "For public-students: the folder of weights. Default: $DMDREPRO_WEIGHTS.")
OnlyArms = o.option(list[str] | None, "--arm", "Run only this arm. Repeatable. Default: all.")
# fmt: on


@o.takes_request(
    size=Size, gpu=o.Gpu, seeds=Seeds, runs=o.Runs, data=o.DataDir, offline=o.Offline,
    dry_run=o.DryRun, load=o.Load, weights=Weights, **o.CHAIN, **o.SLURM,
)  # fmt: skip
def study(
    request: Request,
    name: Name = None,
    arm: OnlyArms = None,
    publish: Publish = None,
    tables: o.Tables = False,
) -> None:
    """Answer what the paper leaves open, by changed copies of an experiment over several seeds."""
    if name is None:
        _list()
        return
    if name == public.NAME:
        if arm or publish is not None or request.log:
            fail(f"Study {name} trains nothing; leave out --arm, --publish and --log.")
        from dmdrepro.cli.public_students import public_students

        public_students(request)
        return
    if name not in STUDIES:
        known = nearest(name, [*STUDIES, public.NAME])
        fail(f"There is no study {name!r}; {known} {NEEDS_LOAD}")
    if request.weights is not None:
        fail(f"--weights goes with study {public.NAME}.")
    chosen = STUDIES[name]
    own = chosen.size
    if request.size not in (None, own) and own in (arm.name for arm in chosen.arms):
        fail(f"Study {name} is of size {own} alone, as its arm {own!r} says; leave --size out.")
    chosen = chosen if request.size is None else chosen.at(request.size)
    wanted = chosen.seeds if request.seeds is None else request.every_seed
    request = replace(request, experiments=[chosen.experiment], size=chosen.size)
    made = _only(chosen, arm or [])
    if publish is not None:
        for each in made.arms:
            check_publish(publish, [made.build(each, seed) for seed in wanted], each.name)
    plan = run_plan(make_study_plan(made, wanted, request))
    if plan is not None:
        conclude(plan, {} if plan.part else _results(plan, chosen, made, publish, tables))


def _results(
    plan: Plan, study: Study, made: Study, publish: Path | None, every_table: bool
) -> dict[str, str]:
    """Print the answer, write tables and figure, over the plan's seeds and all that have begun.

    Publishes what was made of it, and refreshes the pages. Returns arm -> what is damaged.
    """
    from dmdrepro.report.figures import save_study

    runs = plan.runs
    folder = ready(runs / study.size / f"study-{study.name}", runs)
    results = open_arms(study, runs, dict.fromkeys([*plan.seeds, *begun(study, runs)]))
    tables = study_tables(study, results)
    for table in tables if every_table else ():
        console.print(render_terminal(table, folder))
    write_tables(tables, folder)
    print_answer(collect(results, every=True), whole=False, sentences=False)
    paths = save_study(study.question, results, folder)
    console.print(f"Tables and figure ({', '.join(p.name for p in paths)}): {folder}")
    if publish is not None:
        mine = (result for each in made.arms for result in results[each.name])
        publish_results([result for result in mine if result.seed in plan.seeds], publish)
    return damaged_arms(results) | refresh_page(plan)


def _list() -> None:
    for study in STUDIES.values():
        arms = ", ".join(arm.name for arm in study.arms)
        console.print(f"{study.name} ({study.experiment}, {study.size} size): {study.question}")
        console.print(f"    {arms}; seeds {', '.join(map(str, study.seeds))}")
    console.print(f"{public.NAME} (no training, needs --weights): {public.QUESTION}")
    console.print(f"    {'; '.join(student.name for student in public.STUDENTS)}")


def _only(study: Study, names: list[str]) -> Study:
    """The study with the arms of these names, all if none is named."""
    known = {arm.name: arm for arm in study.arms}
    for name in names:
        if name not in known:
            fail(f"Study {study.name} has no arm {name!r}; {nearest(name, known)}")
    return replace(study, arms=tuple(known[n] for n in dict.fromkeys(names))) if names else study
