"""What one eager block spends its time on, and what NVIDIA's own checker says of the kernels."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from dmdrepro.bench.doctor.scope import Row, Scope, row
from dmdrepro.bench.kernels import kernel_rows
from dmdrepro.bench.step import Runner
from dmdrepro.checkout import environment
from dmdrepro.training.engine import Engine

PROFILE, TIMES, SANITIZER = "one eager block of mnist", "kernels by time", "compute-sanitizer"
MOST = 20  # rows of the profile
CHECKED = "ERROR SUMMARY: 0 errors"


def profiled(scope: Scope) -> Iterator[Row]:
    """Kernels (on a CPU operations) by the time that they take; all of them in profile.txt."""
    device = scope.device
    if (experiment := scope.experiment("mnist")) is None:
        return
    runner = Runner(experiment, device, Engine().prepare)
    runner.seconds(2)
    gpu = device.type == "cuda"
    on = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if gpu else [])]
    with profile(activities=on) as found:
        runner.seconds(1)
    key = "self_device_time_total" if gpu else "self_cpu_time_total"
    events = found.key_averages()
    table = events.table(sort_by=key, row_limit=200, max_name_column_width=120)
    (scope.out / "profile.txt").write_text(table)
    if gpu:  # an operation's time holds that of its kernels, which stand beside it
        events = [
            e for e in events if e.device_type == DeviceType.CUDA and not e.is_user_annotation
        ]
    total = sum(getattr(event, key) for event in events) or 1.0
    for event in sorted(events, key=lambda e: -getattr(e, key))[:MOST]:
        spent = getattr(event, key)
        name = event.key if len(event.key) <= 70 else f"{event.key[:67]}..."
        yield row(PROFILE, name, calls=event.count, block_ms=spent / 1e3, share=spent / total)


def kernel_times(scope: Scope) -> Iterator[Row]:
    """The rows of `bench --only kernels`."""
    device = scope.device
    for what, ours_s, against, against_s in kernel_rows(device, quick=device.type == "cpu"):
        yield row(TIMES, what, ours_ms=1e3 * ours_s, against=against, its_ms=1e3 * against_s,
                  ratio=against_s / ours_s)  # fmt: skip
        if scope.left() <= 0:
            return


def sanitized(scope: Scope) -> Iterator[Row]:
    """Every kernel at odd sizes under memcheck: accesses out of bounds."""
    checker = shutil.which("compute-sanitizer")
    if scope.device.type != "cuda" or checker is None:
        yield row(SANITIZER, "memcheck", None, "no CUDA GPU" if checker else "it is not installed")
        return
    module = "dmdrepro.bench.doctor.truth"
    index = str(scope.device.index)
    command = [checker, "--tool", "memcheck", sys.executable, "-P", "-m", module, index]
    # Each tensor an allocation of its own, so that a step past its end is seen.
    env = environment() | {"PYTORCH_NO_CUDA_MEMORY_CACHING": "1"}
    log = scope.out / "compute-sanitizer.txt"
    with log.open("w") as to:
        try:
            subprocess.run(
                command, env=env, stdout=to, stderr=to, timeout=scope.left(), check=False
            )
        except subprocess.TimeoutExpired:
            yield row(SANITIZER, "memcheck", None, f"not done in time; {log} has how far it came")
            return
    said = log.read_text(errors="replace")
    ok = CHECKED in said
    why = "" if ok else f"it did not end without errors: see {log}"
    yield row(SANITIZER, "memcheck", ok, why)
