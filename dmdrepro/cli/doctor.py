"""`reproduce.py doctor`."""

import time
from pathlib import Path

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import console, fail, guarded
from dmdrepro.experiments import check_size
from dmdrepro.pipeline.paths import check_target
from dmdrepro.pipeline.request import Request, check_request

LEAST_S = 5.0


Seconds = o.option(float, "--seconds", "Time limit.")
Out = o.option(Path, "--out", "Folder for its page, rows, log and short runs.")
Worker = o.option(int | None, "--worker", "", hidden=True)


def doctor(
    gpu: o.Gpu = None,
    seconds: Seconds = 600.0,
    out: Out = Path("doctor"),
    size: o.Size = None,
    data: o.DataDir = None,
    worker: Worker = None,
) -> None:
    """Check this machine before a long run: are the kernels right, how long will `all` take?"""
    if worker is not None:  # the process in which checks run
        from dmdrepro.bench.doctor.worker import work

        work(worker)
        return
    began = time.time()
    with guarded(f"What was found is in {out}."):
        check_request(Request(gpu=gpu, size=size, data=data))
        if not LEAST_S <= seconds < float("inf"):
            fail(f"--seconds {seconds:g}: give at least {LEAST_S:.0f}.")
        check_target("--out", out)
        if size is not None:
            check_size(size)
        if gpu != "cpu":
            from dmdrepro.training.device import check_gpu

            gpu = check_gpu(gpu)
        from dmdrepro.bench.doctor.order import CPU, GPU
        from dmdrepro.bench.doctor.run import PAGE, examine
        from dmdrepro.bench.doctor.scope import Scope
        from dmdrepro.pipeline.measured import measured, remember

        out.mkdir(parents=True, exist_ok=True)
        checks = CPU if gpu == "cpu" else GPU
        scope = Scope(gpu, size, data, out.resolve())
        rows = examine(checks, scope, began, seconds, console.print)
        remember(measured(rows, scope.chosen_size), None if gpu == "cpu" else gpu)
        wrong = sum(row["ok"] is False for row in rows)
        console.print(f"Page: {out / PAGE}")
        if wrong:
            fail(f"{wrong} checks are wrong; {out / PAGE} says which and why.")
