"""What the machine has: versions, driver, compiler, memory, disk, MNIST, and its copy rate."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator

from dmdrepro.bench.doctor.scope import Row, Scope, row

PART = "machine"
GIB = 1024**3
# Optional packages: name to import, and what is done without.
OPTIONAL = {
    "triton": ("triton", "the kernels run their references"),
    "lapx": ("lap", "optima of 500 to 2,000 points are found by scipy, in three times the time"),
    "pot": ("ot", "`bench` leaves out what it compares Delta_E with"),
    "pooch": ("pooch", "MNIST cannot be downloaded: give --data"),
}


def machine(scope: Scope) -> Iterator[Row]:
    """Everything but the device's speed; needs no GPU and nothing optional."""
    import torch

    from dmdrepro.data.mnist_files import find_mnist
    from dmdrepro.metrics.memory import available_memory
    from dmdrepro.pipeline.places import free_space
    from dmdrepro.runs.provenance import provenance

    facts = provenance()
    for name in ("python", "torch", "numpy", "scipy"):
        yield row(PART, name, value=facts[name])
    for name, (module, without) in OPTIONAL.items():
        there = importlib.util.find_spec(module) is not None
        why = "" if there else f"not installed: {without}"
        yield row(PART, name, True if there else None, why, value=_version(name) if there else "")
    yield row(PART, "dmdrepro", value=f"{facts['version']}, commit {facts['commit'] or 'unknown'}")
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")
    lacking = "no C compiler: Triton's kernels and torch.compile need one (package gcc)"
    yield row(PART, "C compiler", True if compiler else None, "" if compiler else lacking,
              value=compiler or "")  # fmt: skip
    yield row(PART, "processor", value=f"{os.cpu_count()} cores, {torch.get_num_threads()} threads")
    memory = available_memory(torch.device("cpu"))
    if memory is not None:
        yield row(PART, "memory that can be had", value=f"{memory / GIB:.1f} GiB")
    place, free = free_space(scope.out)
    yield row(PART, "free disk", value=f"{free / 1e9:.1f} GB in {place}")
    status = find_mnist(scope.data)
    why = "" if status.found else f"MNIST is not there: {status.reason}"
    yield row(PART, "MNIST", True if status.found else None, why, value=str(status.folder or ""))
    yield from _gpu(torch)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _gpu(torch) -> Iterator[Row]:
    from dmdrepro.training.device import unseen_gpu

    if not torch.cuda.is_available():
        yield row(PART, "GPU", None, unseen_gpu() or "torch sees no CUDA GPU")
        return
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        free, total = (bytes_ / GIB for bytes_ in torch.cuda.mem_get_info(index))
        words = f"{facts.name}, sm_{facts.major}{facts.minor}, {facts.multi_processor_count} SMs"
        yield row(PART, f"GPU {index}", value=f"{words}, {free:.1f} of {total:.1f} GiB free")
    yield row(PART, "CUDA, cuDNN", value=f"{torch.version.cuda}, {torch.backends.cudnn.version()}")
    yield row(PART, "driver", value=_driver())


def _driver() -> str:
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return f"nvidia-smi does not say ({error})"
    return done.stdout.split("\n")[0].strip()


def copy_rate(scope: Scope) -> Iterator[Row]:
    """Bytes read and written a second, by a copy that no cache holds."""
    import torch

    from dmdrepro.bench.timing import in_turns

    device = scope.device
    values = torch.ones((1 << 28) if device.type == "cuda" else (1 << 25), device=device)
    to = torch.empty_like(values)
    seconds, _ = in_turns(lambda: to.copy_(values), lambda: None, device, repeats=5)
    yield row(PART, f"copy rate of {device}", value=f"{2 * values.nbytes / seconds / 1e9:.0f} GB/s")
