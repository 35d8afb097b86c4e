"""What a long optimum tells while it is at work: who is asked may also stop it, by raising."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class News:
    """`what` is being done, in words; `share` of it that is done, 0 to 1, or None if not known."""

    what: str
    share: float | None = None


Watch = Callable[[News], None]  # called several times a second, but not within another library


def nobody(news: News) -> None:
    """Nobody looks."""
