"""Which device, and that it computes the same twice."""

from __future__ import annotations

import os

import torch

from dmdrepro.runs.errors import RunError


def select_device(gpu: str | None) -> torch.device:
    """`None`: the first GPU where there is one, else the CPU; "cpu"; or a GPU's number.

    Raises RunError for a GPU that is not there.
    """
    if gpu is None:
        gpu = "0" if torch.cuda.is_available() else "cpu"
    if gpu == "cpu":
        return torch.device("cpu")
    if not gpu.isdecimal():
        raise RunError(f"--gpu {gpu} is neither a GPU's number nor cpu.")
    if not torch.cuda.is_available():
        raise RunError(
            f"--gpu {gpu} was asked for, but this torch sees no CUDA GPU; use --gpu cpu."
        )
    if int(gpu) >= torch.cuda.device_count():
        raise RunError(f"--gpu {gpu}: there are {torch.cuda.device_count()} GPUs, counted from 0.")
    device = torch.device("cuda", int(gpu))
    torch.cuda.set_device(device)
    # A resumed run has to equal an uninterrupted one on a GPU as well.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Not warn_only: the fused attentions' backward takes its deterministic path only without it.
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # a fill for every torch.empty
    torch.backends.cudnn.deterministic = True
    torch.set_float32_matmul_precision("high")  # TF32, as the public code
    torch.backends.cudnn.allow_tf32 = True
    return device
