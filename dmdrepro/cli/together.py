"""A command that torchrun has started several times: the first does it, the others train along."""

from collections.abc import Callable

import typer

from dmdrepro.cli.guard import HOW_TO_GO_ON, fail
from dmdrepro.cli.signals import Listener
from dmdrepro.pipeline.ranks import this_rank
from dmdrepro.pipeline.request import Request
from dmdrepro.runs.errors import RunError, Stopped

TRAINING = ("teacher", "distill", "all", "study")  # commands


def refuse_alone(command: str) -> None:
    """Say that a command is of one process alone, if torchrun has started several of it."""
    rank = this_rank()
    if rank is not None and command not in TRAINING:
        if rank.number:
            raise typer.Exit(1)
        fail(
            f"{command} is made by one process, and torchrun has started {rank.size}; start it "
            f"without torchrun, which is for {', '.join(TRAINING)}."
        )


def by_ranks(request: Request, work: Callable[[], None]) -> None:
    """Do a command's work in the first rank; the others take part in its trainings."""
    rank = this_rank()
    if rank is None:
        work()
        return
    from dmdrepro.training.ranks import Ranks

    ranks = Ranks.join(rank.number, rank.size)
    if ranks.first:
        work()
        ranks.end()
    else:
        _follow(request, ranks)


def _follow(request: Request, ranks) -> None:
    """Says nothing, unless the reason for the end is here."""
    from dmdrepro.training.ranks import RankLost

    try:
        if not ranks.said():
            return
        from dmdrepro.stages.context import Context
        from dmdrepro.stages.together import follow

        session = _session(request, ranks)
        with Listener(HOW_TO_GO_ON, session):
            try:
                follow(Context(session, request.data, request.offline, session.say))
            except Stopped:  # not before the first has saved: torchrun would end it
                ranks.said()
        raise typer.Exit  # whatever signal came too late
    except (RankLost, KeyboardInterrupt):
        raise typer.Exit(1) from None
    except RunError as error:
        fail(f"Process {ranks.rank} of {ranks.size}: {error}")


def _session(request: Request, ranks):
    import torch

    from dmdrepro.training.device import select_device
    from dmdrepro.training.engine import Engine
    from dmdrepro.training.session import Session

    if request.threads is not None:
        torch.set_num_threads(request.threads)
    device = select_device(request.own_gpu)
    engine = Engine.parse(request.engine).on(device)
    return Session(device=device, engine=engine, say=lambda words: None, ranks=ranks)
