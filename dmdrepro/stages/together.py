"""A training by all ranks: the first one begins it, and the others follow."""

from dmdrepro.experiments import Experiment
from dmdrepro.runs.checkpoint import Tensors
from dmdrepro.runs.stage import Stage
from dmdrepro.stages.context import Context
from dmdrepro.training.student import distill_student
from dmdrepro.training.teacher import train_teacher


def begin(
    context: Context,
    stage: Stage,
    experiment: Experiment,
    snapshot: int | None = None,
    weights: Tensors | None = None,
) -> list[str]:
    """Train the teacher, or the student of its `snapshot` with these `weights`; the files made."""
    context.session.ranks.said((experiment, snapshot))
    return _train(context, stage, experiment, snapshot, weights or {})


def follow(context: Context) -> None:
    """Take part in every training that the first rank begins, until it lets go."""
    while (order := context.session.ranks.said()) is not None:
        _train(context, None, *order, {})


def _train(
    context: Context,
    stage: Stage | None,
    experiment: Experiment,
    snapshot: int | None,
    weights: Tensors,
) -> list[str]:
    session, data = context.session, experiment.data
    if snapshot is None:
        return train_teacher(experiment, context.dataset(data), stage, session)
    weights = session.ranks.shared(weights)
    # Of data that no loss asks for the settings know shape and number of classes.
    dataset = context.dataset(data) if experiment.distill.gan else data
    return distill_student(experiment, snapshot, weights, dataset, stage, session)
