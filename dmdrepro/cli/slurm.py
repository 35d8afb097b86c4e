"""`--slurm`: a plan submitted, or shown as jobs; what has become of the jobs."""

import shlex
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from dmdrepro.cli.guard import console, errors
from dmdrepro.commands import program
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.request import Request
from dmdrepro.pipeline.slurm_options import SlurmOptions, read_options


def submit_plan(plan: Plan, options: SlurmOptions) -> None:
    """Submit what is left; of a dry run only show the jobs, their dependencies and commands."""
    from dmdrepro.pipeline.slurm import jobs_of_plan, submit

    if plan.request.dry_run:
        _show_plan(plan, options)
        return
    from dmdrepro.pipeline.execute import prepare
    from dmdrepro.pipeline.places import check_places
    from dmdrepro.stages.context import Context
    from dmdrepro.training.session import Session

    def failed(task, error: Exception) -> None:
        raise error

    check_places(plan, jobs=max(1, len(jobs_of_plan(plan))))
    request = plan.request
    context = Context(Session(say=console.print), request.data, request.offline, console.print)
    prepare(plan, context, failed)
    if not submit(plan, options, console.print):
        console.print("Nothing is left to do.")
        return
    console.print(f"How far they are: {program()} list --slurm --runs {plan.runs}")


def slurm_options(r: Request) -> SlurmOptions:
    """The options for Slurm; raises RunError."""
    given = SlurmOptions(r.slurm_partition, r.slurm_account, r.slurm_time, r.slurm_gres,
                         r.slurm_mem, r.slurm_array, tuple(r.slurm_setup or ()))  # fmt: skip
    options = read_options(r.slurm_file, given)
    if options.gres is None and (r.gpus_per_run or 1) > 1 and r.gpu != "cpu":
        return replace(options, gres=f"gpu:{r.gpus_per_run}")
    return options


def _show_plan(plan: Plan, options: SlurmOptions) -> None:
    from dmdrepro.pipeline.slurm import grouped, jobs_of_plan

    asked = {"time": f"{options.minutes} minutes", **options.given()}
    words = ", ".join(f"{name} {value}" for name, value in asked.items())
    console.print(f"Jobs of Slurm ({words}):")
    number: dict[str, str] = {}
    for n, group in enumerate(grouped(jobs_of_plan(plan)), 1):
        for k, job in enumerate(group):
            number[job.title] = f"{n}_{k}" if len(group) > 1 else str(n)
            after = ", ".join(number[title] for title in job.after)
            needs = f" after {after} ended well" if after else ""
            console.print(f"job {number[job.title]}: {job.title}{needs}", highlight=False)
            console.print(f"    {program()} {shlex.join(job.words)}", highlight=False)
    if not number:
        console.print("None: nothing is left to do.")


def show_jobs(runs: Path) -> None:
    """Print which jobs run, wait, are done and have failed, with the logs."""
    from dmdrepro.pipeline.slurm import states

    found = states(runs)
    if not found:
        console.print(f"Nothing was submitted from {runs}.")
        return
    table = Table("job", "what", "state", "why", title=f"Jobs of {runs}")
    for job, state, why in found:
        table.add_row(job.id, job.title, state, why)
    console.print(table)
    for job, state, _ in found:
        if state != "done":
            (errors if state == "failed" else console).print(f"{job.title}, {state}: {job.log}")
