"""Stage `teacher`: train the teacher, keep its snapshots; or import it from a public file."""

from dmdrepro.runs.stage import Stage
from dmdrepro.stages.context import Context, Made
from dmdrepro.stages.import_teacher import import_teacher
from dmdrepro.stages.run import Run
from dmdrepro.stages.together import begin


def make_teacher(run: Run, context: Context) -> bool:
    """True if something was made."""

    def work(stage: Stage) -> Made:
        if not run.experiment.data.sampled:
            return import_teacher(run, stage, context)
        stage.sittings.here |= context.session.chosen()
        return begin(context, stage, run.experiment), context.session.execution()

    return context.make(run.teacher(), work)
