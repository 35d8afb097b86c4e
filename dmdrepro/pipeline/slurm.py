"""A plan as jobs of Slurm, submitted through submitit; Slurm decides when and where they run.

A teacher or a classifier is a job. The students that wait for the same ones are a job, or an array
if there are several. The last job shows the results. A job is a command of ours, which locks,
saves, stops and resumes as every command does; Slurm's warning before the end makes it save, and
submitit puts it into the queue again. What was submitted is kept in `<runs>/slurm/*.json`.
"""

import getpass
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dmdrepro.checkout import ROOT, is_checkout
from dmdrepro.commands import as_now
from dmdrepro.pipeline.chains import chains_of
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.processes import ERROR
from dmdrepro.pipeline.slurm_job import Command
from dmdrepro.pipeline.slurm_options import SIGNAL_S, SlurmOptions
from dmdrepro.pipeline.task import STAGES
from dmdrepro.pipeline.words import chain_words, plan_words
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.files import MANIFEST, write_json
from dmdrepro.runs.layout import PAGE

RESULTS = "results"  # the last job: known answers, figures, tables, pages
OVER = "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL"
FOREVER = 10**6  # time-outs after which submitit would no longer requeue: it would after three


@dataclass(frozen=True)
class Job:
    """One chain's command, and the jobs that have to end well before it."""

    title: str  # of its first task
    words: tuple[str, ...]
    after: tuple[str, ...] = ()  # titles
    folders: tuple[str, ...] = ()  # of the stages that it makes

    @property
    def name(self) -> str:
        """The job's name in the queue: the same for the same command."""
        return f"dmdrepro-{hashlib.sha256(' '.join(self.words).encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class Submitted:
    """A job that was submitted, as it is kept beside the runs."""

    title: str
    id: str  # of an array's task: 12_3
    name: str
    log: str
    folders: list[str]  # of the stages that it makes; empty: its log says whether it is done
    words: list[str] = field(default_factory=list)


def jobs_of_plan(plan: Plan) -> list[Job]:
    """The jobs of the plan that are not done yet, in order."""
    gpu = plan.request.gpu  # None: the job's own GPU, if Slurm gives it one
    jobs, titles = [], {}
    for chain in chains_of(plan):
        if all(task.state().words == "done" for task in chain.tasks):
            continue
        title = chain.tasks[0].title
        needs = tuple(titles[folder] for folder in sorted(chain.after) if folder in titles)
        folders = tuple(str(task.place().folder.absolute()) for task in chain.tasks)
        jobs.append(Job(title, tuple(chain_words(plan, chain, gpu=gpu)), needs, folders))
        if chain.makes is not None:
            titles[chain.makes] = title
    pages = [plan.of(seed).folder(PAGE) for seed in plan.seeds]
    if plan.stages == STAGES and (jobs or not all(page.is_file() for page in pages)):
        every = tuple(job.title for job in jobs)
        jobs.append(Job(RESULTS, tuple(plan_words(plan, gpu="cpu")), every))
    return jobs


def grouped(jobs: list[Job]) -> list[list[Job]]:
    """The jobs that are submitted together: those that wait for the same ones are an array."""
    found: dict[object, list[Job]] = {}
    for job in jobs:
        alone = not job.after or job.title == RESULTS
        found.setdefault(job.title if alone else job.after, []).append(job)
    return list(found.values())


def submit(plan: Plan, options: SlurmOptions, say: Callable[[str], None]) -> list[Submitted]:
    """Submit what is left and is not in the queue; returns the jobs; raises RunError."""
    folder = (plan.runs / "slurm").absolute()
    executor = _executor(folder)
    queue = in_queue()
    known = {job.name: job for job in read_submitted(plan.runs)}
    jobs: dict[str, Submitted] = {}
    for group in grouped(jobs_of_plan(plan)):
        new = []
        for job in group:
            before = known.get(job.name)
            if before is not None and _alive(before, queue):
                jobs[job.title] = before
                say(f"{job.title}: job {before.id} already ({queue[before.id][1].lower()})")
            else:
                new.append(job)
        if not new:
            continue
        executor.update_parameters(**_parameters(options, new, [jobs[t].id for t in new[0].after]))
        commands = [Command([*as_now(), *job.words]) for job in new]
        try:
            with executor.batch():  # several are an array
                made = [executor.submit(command) for command in commands]
        except Exception as error:  # submitit's own, with sbatch's words
            raise RunError(f"sbatch refused {new[0].title}: {_refusal(error)}") from error
        for job, each in zip(new, made, strict=True):
            log = str(each.paths.stdout)
            jobs[job.title] = Submitted(
                job.title, each.job_id, job.name, log, list(job.folders), list(job.words)
            )
            write_json(folder / f"{job.name}.json", asdict(jobs[job.title]))
            say(f"{job.title}: job {each.job_id}, log {log}")
    return list(jobs.values())


def _executor(folder: Path):
    if shutil.which("sbatch") is None:
        raise RunError("--slurm needs Slurm's sbatch, which is not here; submit from a login node.")
    try:
        import submitit
    except ImportError:
        raise RunError(
            "--slurm needs the package submitit; install it with `pip install submitit`."
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    return submitit.SlurmExecutor(folder / "%j", max_num_timeout=FOREVER)


def _parameters(options: SlurmOptions, jobs: list[Job], after: list[str]) -> dict[str, object]:
    """The options under submitit's names."""
    more = {"requeue": True, "kill-on-invalid-dep": "yes"}
    if options.mem:
        more["mem"] = options.mem
    given = {"partition": options.partition, "account": options.account, "gres": options.gres,
             "time": options.minutes, "array_parallelism": options.array}  # fmt: skip
    path = [f"export PYTHONPATH={ROOT}${{PYTHONPATH:+:$PYTHONPATH}}"] if is_checkout() else []
    return {
        **{name: value for name, value in given.items() if value is not None},
        "job_name": jobs[0].name,
        "signal_delay_s": SIGNAL_S,
        "setup": [*options.setup, *path],
        "stderr_to_stdout": True,
        "dependency": f"afterok:{':'.join(after)}" if after else None,
        "additional_parameters": more,
    }


def _refusal(error: Exception) -> str:
    words = str(getattr(error, "stderr", None) or error).strip().splitlines()
    return words[-1] if words else type(error).__name__


# --- what has become of them ---


def in_queue() -> dict[str, tuple[str, str, str]]:
    """Job -> (name, state, reason) of the user's own in the queue; raises RunError."""
    words = ["squeue", "--noheader", "--array", "--user", getpass.getuser(), "-o", "%i|%j|%T|%r"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    except FileNotFoundError:
        raise RunError("Slurm's squeue is not here; look from a login node.") from None
    except subprocess.SubprocessError as error:
        raise RunError(f"squeue does not answer: {_refusal(error)}.") from None
    rows = (line.split("|", 3) for line in done.stdout.splitlines())
    return {row[0]: (row[1], row[2], row[3]) for row in rows if row[2] not in OVER}


def _alive(job: Submitted, queue: dict[str, tuple[str, str, str]]) -> bool:
    """Whether it waits or runs; another cluster's job may have its number."""
    return job.id in queue and queue[job.id][0].startswith("dmdrepro-")


def read_submitted(runs: Path) -> list[Submitted]:
    """The jobs that were submitted, in that order."""
    files = sorted((runs / "slurm").glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
    return [Submitted(**json.loads(file.read_text())) for file in files]


def states(runs: Path) -> list[tuple[Submitted, str, str]]:
    """(job, `waits`, `runs`, `done` or `failed`, why) of each that was submitted."""
    submitted, found = read_submitted(runs), []
    queue = in_queue() if submitted else {}
    for job in submitted:
        if _alive(job, queue):
            _, state, reason = queue[job.id]
            runs_now = state in ("RUNNING", "COMPLETING")
            found.append((job, "runs" if runs_now else "waits", "" if runs_now else reason))
        elif _is_done(job):
            found.append((job, "done", ""))
        else:
            found.append((job, "failed", _why(job)))
    return found


def _is_done(job: Submitted) -> bool:
    if job.folders:
        return all((Path(folder) / MANIFEST).is_file() for folder in job.folders)
    return "Job completed successfully" in _log(job)


def _log(job: Submitted) -> str:
    file = Path(job.log)
    return file.read_text(errors="replace") if file.is_file() else ""


def _why(job: Submitted) -> str:
    """The last `Error: ...` of its log; without a log it never began."""
    lines = [line for line in _log(job).splitlines() if line.startswith(ERROR)]
    if lines:
        return lines[-1].removeprefix(ERROR)
    return "see its log" if Path(job.log).is_file() else "it never began: what it waits for failed"
