"""What can go wrong with a run, each as one sentence for the user."""


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
