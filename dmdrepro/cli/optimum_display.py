"""How far a long optimum is: one line that changes in a terminal, a line a minute elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from dmdrepro.cli.progress import LINE_EVERY_S

if TYPE_CHECKING:
    from dmdrepro.metrics.watch import News

FIRST_LINE_S = 10.0  # after which the first line is written
CHANGED_EVERY_S = 0.5  # the line in a terminal
ESTIMATE_FROM = 0.1  # of a part done, from where on the rest is estimated


class OptimumDisplay:
    """A `Watch` and a context: what is shown goes when it ends."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._status = console.status("") if console.is_terminal else None

    def __enter__(self) -> OptimumDisplay:
        self._start = self._begun = self._clock()
        self._part, self._shown = "", False
        every = CHANGED_EVERY_S if self._status is not None else FIRST_LINE_S
        self._next = self._start + every
        return self

    def __exit__(self, *error: object) -> None:
        if self._shown and self._status is not None:
            self._status.stop()

    def __call__(self, news: News) -> None:
        now = self._clock()
        part = news.what.partition(",")[0]
        if part != self._part:
            self._part, self._begun = part, now
        if now < self._next:
            return
        words = f"Optimal pairing, {now - self._start:,.0f} s: {news.what}"
        if news.share is not None and news.share >= ESTIMATE_FROM:
            left = (now - self._begun) * (1 - news.share) / news.share
            words += f"; about {left:,.0f} s left of this part"
        if self._status is None:
            self._next = now + LINE_EVERY_S
            self._console.print(words)
            return
        self._next = now + CHANGED_EVERY_S
        self._status.update(Text(words))
        if not self._shown:
            self._shown = True
            self._status.start()
