"""The executor that makes chains in this process, one after the other."""

from dmdrepro.data.mnist_layout import MnistUnavailable
from dmdrepro.pipeline.chains import Chain, ChainFailed, Executor, Work
from dmdrepro.pipeline.task import Task
from dmdrepro.pipeline.trouble import named
from dmdrepro.runs.errors import RunError


class Here(Executor):
    """Makes a chain before `start` returns; `context`: of dmdrepro.stages."""

    def __init__(self, context) -> None:
        self._context = context

    def start(self, chain: Chain) -> Work:
        for task in chain.tasks:
            if self._context.session.stop_requested:  # too late for a stage itself to see
                break
            try:
                make(task, self._context)
            except (RunError, MnistUnavailable) as error:
                raise ChainFailed(task, error) from error
        return Work()


def make(task: Task, context) -> None:
    """Make a stage, resume it, or see that it is done."""
    from dmdrepro.stages.classifier import make_classifier
    from dmdrepro.stages.distill import make_student
    from dmdrepro.stages.evaluate import make_evaluation
    from dmdrepro.stages.sample import make_samples
    from dmdrepro.stages.teacher import make_teacher

    makers = {
        "classifier": make_classifier, "teacher": make_teacher, "distill": make_student,
        "sample": make_samples, "evaluate": make_evaluation,
    }  # fmt: skip
    snapshot = () if task.snapshot is None else (task.snapshot,)
    with named(task.title):
        makers[task.stage](task.run, *snapshot, context)
