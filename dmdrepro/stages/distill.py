"""Stage `distill`: a one-step student from one teacher snapshot."""

from dmdrepro.runs.checkpoint import load_tensors
from dmdrepro.runs.stage import Stage
from dmdrepro.stages.context import Context, Made
from dmdrepro.stages.run import Run
from dmdrepro.stages.together import begin


def make_student(run: Run, snapshot: int, context: Context) -> bool:
    """True if something was made; raises RunError if the teacher is not done."""

    def work(stage: Stage) -> Made:
        stage.sittings.here |= context.session.chosen()
        weights = load_tensors(run.teacher_weights(snapshot)[0])
        files = begin(context, stage, run.experiment, snapshot, weights)
        return files, context.session.execution()

    return context.make(run.distill(snapshot), work)
