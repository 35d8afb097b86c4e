"""How much memory can be had, so that what does not fit is refused before it is asked for."""

import os
from pathlib import Path

import torch

from dmdrepro.metrics.memory_limits import of_groups, of_process

GIB = 1024**3


def check_memory(
    needed: int,
    device: torch.device,
    what: str,
    memory: int | None = None,
    instead: str = "measure fewer samples",
) -> None:
    """Raise ValueError if `what` needs more than `memory` bytes (default: what is available)."""
    available = available_memory(device) if memory is None else memory
    if available is not None and needed > available:
        raise ValueError(
            f"{what} needs {_in_gib(needed)} GiB of memory on {device.type}; "
            f"{_in_gib(available)} GiB are available: {instead}."
        )


def _in_gib(count: int) -> str:
    """Of bytes, with digits enough to tell two small amounts apart."""
    return f"{count / GIB:.1f}" if count >= GIB else f"{count / GIB:.2g}"


def cpu_copy(cost: torch.Tensor) -> torch.Tensor:
    """The matrix on the CPU: itself, or a copy that is known to fit."""
    if cost.device.type == "cpu":
        return cost
    what = f"A copy of the {len(cost):,} x {cost.shape[1]:,} matrix"
    check_memory(cost.nbytes, torch.device("cpu"), what)
    return cost.cpu()


def available_memory(device: torch.device) -> int | None:
    """Bytes that can be allocated on `device`; None if the system does not tell."""
    if device.type == "cuda":
        # What torch has reserved and does not use it can give again.
        reserved = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] // _sharers[-1] + reserved
    shared = [bytes_ for bytes_ in (_of_machine(), of_groups()) if bytes_ is not None]
    found = [min(shared) // _sharers[-1]] if shared else []
    own = of_process()  # which no other process takes from
    return min(found if own is None else [*found, own], default=None)


_sharers = [1]


def share_memory(processes: int) -> None:
    """From now on this process has an equal share of what so many processes find available."""
    _sharers[-1] = processes


def _of_machine() -> int | None:
    try:  # Linux: what is free and what can be freed, such as the page cache
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
