"""What can go wrong with a run, each as one sentence for the user."""

import errno

# How torch says that there is no such memory; none of them has a class of its own on a CPU.
NO_MEMORY = (
    "allocate memory",
    "not enough memory",
    "out of memory",
    "storage size",
    "integer multiplication overflow",
    "failed to map segment",  # a library that was to be loaded
)


class RunError(RuntimeError):
    """A run that cannot go on as asked; the message says what, where and what to do."""


class DamagedArtifact(RunError):
    """A stored file that is not what its manifest says."""


class DifferentConfiguration(RunError):
    """A stage that was made, or begun, with another configuration."""


class Busy(RunError):
    """Another process is making the stage."""


class NonFinite(RunError):
    """A loss, a weight or a sample that is not finite: the run stops at that step."""


class Stopped(Exception):
    """The run was asked to stop (by a signal) and has saved its state."""


def says_no_memory(error: BaseException) -> bool:
    """Whether an allocation failed: numpy's MemoryError, torch's errors, the system's ENOMEM."""
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    words = str(error).lower()
    return any(mark in words for mark in NO_MEMORY)
