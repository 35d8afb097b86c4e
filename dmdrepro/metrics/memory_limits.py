"""What limits this process's memory besides the machine: control groups and the shell's limits."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None

CGROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc/self")
# Of versions 2 and 1: the limit, what is used, and in memory.stat the pages that no file has.
VERSIONS = (
    ("memory.max", "memory.current", ("anon",)),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_rss", "rss")),
)
NO_LIMIT = 2**60  # version 1 says "none" as a number near 2^63
A_THREAD = 72 * 2**20  # addresses that each thread of torch takes: a stack and an arena of malloc


def of_groups(proc: Path = PROC, root: Path = CGROUPS) -> int | None:
    """Bytes that the process's control groups leave, the least of all levels; None: no limit.

    Batch systems limit a group below the root (Slurm: /slurm/uid_0/job_1/step_0), and each level
    counts, of version 2, 1 or both. In a container the group's path may be the host's, of which the
    inner part is mounted.
    """
    found = []
    for folder in _groups(proc, root):
        left = group_leaves(folder)
        if left is not None:
            found.append(left)
    return min(found, default=None)


def group_leaves(folder: Path) -> int | None:
    """A control group's limit less what its processes hold and cannot give back; None: no limit."""
    for name, usage, kinds in VERSIONS:
        try:
            limit = int((folder / name).read_text())  # version 2 says "max" for none
        except (OSError, ValueError):
            continue
        if limit < NO_LIMIT:
            return max(0, limit - _held(folder, usage, kinds))
    return None


def _held(folder: Path, usage: str, kinds: tuple[str, ...]) -> int:
    """Bytes of anonymous memory; of all, files' pages included, if the kernel tells no more."""
    with contextlib.suppress(OSError, ValueError):
        lines = (folder / "memory.stat").read_text().splitlines()
        held = dict(line.split() for line in lines)
        for kind in kinds:
            if kind in held:
                return int(held[kind])
    with contextlib.suppress(OSError, ValueError):
        return int((folder / usage).read_text())
    return 0


def of_process(proc: Path = PROC) -> int | None:
    """Bytes that `ulimit -v` and `ulimit -d` leave this process; None: no limit, or not known.

    They count addresses, not memory: what a thread reserves and never uses counts too.
    """
    if resource is None:
        return None
    found = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = [int(count) for count in (proc / "statm").read_text().split()]
        page = os.sysconf("SC_PAGE_SIZE")
        for kind, used in ((resource.RLIMIT_AS, pages[0]), (resource.RLIMIT_DATA, pages[5])):
            limit = resource.getrlimit(kind)[0]
            if limit != resource.RLIM_INFINITY:
                found.append(max(0, limit - used * page - _reserved_by_threads()))
    return min(found, default=None)


def _reserved_by_threads() -> int:
    import torch

    return A_THREAD * max(0, torch.get_num_threads() - 1)


def _groups(proc: Path, root: Path) -> Iterator[Path]:
    """The folders of the process's groups that may limit memory, and of all above them."""
    yield root  # of a container, or if /proc does not tell
    with contextlib.suppress(OSError):
        for line in (proc / "cgroup").read_text().splitlines():
            number, _, rest = line.partition(":")
            controllers, _, path = rest.partition(":")
            if number == "0" and not controllers:
                tops = (root, root / "unified")
            elif "memory" in controllers.split(","):
                tops = (root / "memory", root / controllers)
            else:
                continue
            parts = [part for part in path.split("/") if part not in ("", ".", "..")]
            for top in tops:
                yield from _levels(top, parts)


def _levels(top: Path, parts: list[str]) -> Iterator[Path]:
    """`top` and each folder below it on the way to the group, or to its part that is there."""
    yield top
    for first in range(len(parts)):
        if (top / parts[first]).is_dir():
            folder = top
            for part in parts[first:]:
                folder = folder / part
                yield folder
            return
