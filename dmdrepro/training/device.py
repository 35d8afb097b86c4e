"""Which device, and that it computes the same twice."""

import importlib.util
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from dmdrepro.runs.errors import RunError

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def check_gpu(gpu: str | None) -> str:
    """`gpu` with what None stands for, "cpu" or a number; raises RunError if it is not there."""
    if gpu is None:
        gpu = "0" if torch.cuda.is_available() else "cpu"
    if gpu == "cpu":
        return gpu
    if not gpu.isdecimal():
        raise RunError(f"--gpu {gpu} is neither a GPU's number nor cpu.")
    if not torch.cuda.is_available():
        raise RunError(
            f"--gpu {gpu} was asked for, but this torch sees no CUDA GPU; use --gpu cpu."
        )
    if int(gpu) >= torch.cuda.device_count():
        raise RunError(f"--gpu {gpu}: there are {torch.cuda.device_count()} GPUs, counted from 0.")
    return gpu


def select_device(gpu: str | None) -> torch.device:
    """`None`: the first GPU if there is one, otherwise the CPU; "cpu"; or a GPU's number.

    Raises RunError for a GPU that is not there.
    """
    gpu = check_gpu(gpu)
    if gpu == "cpu":
        return torch.device("cpu")
    device = torch.device("cuda", int(gpu))
    torch.cuda.set_device(device)
    _check_triton()
    # A resumed run has to equal an uninterrupted one on a GPU as well.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Not warn_only: the fused attentions' backward takes its deterministic path only without it.
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # a fill for every torch.empty
    torch.backends.cudnn.deterministic = True
    torch.set_float32_matmul_precision("high")  # TF32, as the public code
    torch.backends.mkldnn.matmul.fp32_precision = "ieee"  # which "high" changes on the CPU too
    torch.backends.cudnn.allow_tf32 = True
    return device


def seconds(call: Callable[[], object], device: torch.device) -> float:
    """Wall seconds of one call; on a GPU until its work is done."""
    _wait(device)
    start = time.perf_counter()
    call()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_gib(device: torch.device) -> float:
    """The most memory used so far: on a GPU by tensors, on a CPU by this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1024**3
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**3


def unseen_gpu() -> str | None:
    """A sentence if NVIDIA's driver is there but torch sees no GPU, and no GPU was hidden."""
    hidden = "CUDA_VISIBLE_DEVICES" in os.environ
    if hidden or torch.cuda.is_available() or not NVIDIA_DRIVER.exists():
        return None
    return (
        f"this machine has an NVIDIA driver, but torch {torch.__version__} sees no GPU: it is a "
        "build without CUDA, or the driver is too old for it. Going on with the CPU."
    )


def _check_triton() -> None:
    """Raise RunError now if Triton cannot launch kernels, not hours later at the first one."""
    if importlib.util.find_spec("triton") is None:
        return  # the kernels' references run
    from triton.runtime import driver

    try:
        driver.active.get_current_target()  # builds a small C module at first
    except Exception as error:
        why = str(error).partition("\n")[0].rstrip(".")
        raise RunError(
            f"Triton cannot launch kernels here ({why}); it needs a C compiler and Python's "
            "headers (of Debian and Ubuntu: the packages gcc and python3-dev)."
        ) from error
