"""Stage `classifier`: the network that reads MNIST's digits, one for all seeds of a size."""

from dmdrepro.runs.stage import Stage
from dmdrepro.stages.context import Context, Made
from dmdrepro.stages.run import Run
from dmdrepro.training.classifier import train_classifier


def make_classifier(run: Run, context: Context) -> bool:
    """True if something was made; for experiments that have a classifier."""

    def work(stage: Stage) -> Made:
        dataset = context.dataset(run.experiment.data)
        return train_classifier(run.classifier_settings, dataset, stage, context.session)

    return context.make(run.classifier(), work)
