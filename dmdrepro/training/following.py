"""The training loop of a rank after the first: it goes along, and reads and writes nothing."""

from dmdrepro.runs.errors import Stopped
from dmdrepro.training.session import Loop, Session
from dmdrepro.training.step import Parts, share_state
from dmdrepro.training.watching import Watch


class Following(Loop):
    """Begins, goes on and stops with the first rank's."""

    def __init__(self, session: Session, total: int, parts: Parts) -> None:
        self.session, self.total = session, total
        self.done = share_state(session.ranks, 0, parts)
        self.watch, self.losses = Watch(), self
        session.in_loop = True

    def add(self, step: int, **losses: object) -> None:
        """The first rank logs them."""

    def checkpoint(self, step: int) -> None:
        if self.session.asked_to_stop() and step < self.total:
            raise Stopped

    def keep(self, *_: object) -> None:
        """The first rank does."""

    def close(self) -> None:
        self.session.in_loop = False


def open_loop(stage, session: Session, seed: int, total: int, parts: Parts, rate) -> Loop:
    """This rank's; arguments as of `Loop`. Only the first rank has a stage."""
    if session.ranks.first:
        return Loop(stage, session, seed, total, parts, rate)
    return Following(session, total, parts)
