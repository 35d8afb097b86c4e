"""What a command is at: one display for all of its processes.

A terminal shows a row for each piece of work, and the time left of the whole. Elsewhere a line
says so whenever nothing else was printed for a while.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dmdrepro.cli.console import PlainConsole, console, visible
from dmdrepro.pipeline.cost import Forecast, time_words

QUIET_S = 24.0  # without a terminal: after so long without a word a line is written
TOLD_S = 0.25  # between two reports of a process
WIDE = 130  # columns of the terminal from which on the losses have room beside the bar
BAR = 12  # columns
ESTIMATE_FROM = 0.02  # of a piece of work; from then on its rest is estimated


class Row:
    """One piece of work; what `Session.progress` is (dmdrepro/training/session.py)."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def begin(self, what: str, total: int | None = None, done: int = 0) -> None:
        """`total`: steps, `done` of which were made before; None: nobody knows how many."""
        now = self._display.clock()
        self.what, self.total, self.done, self.first, self.words = what, total, done, done, ""
        self._start = self._part_start = now
        self._part, self._part_share = "", None
        if done and total and done < total:
            self._display.console.print(f"{what}: going on from {done:,} of {total:,}")
        self._display.show(self)

    def update(self, step: int, losses: dict[str, float] | None = None) -> None:
        self.done, self._part, self._part_share = step, "", None
        self.words = "  ".join(
            f"{k} {v:.4g}" for k, v in (losses or {}).items() if k.startswith("loss")
        )

    def note(self, words: str, share: float | None = None) -> None:
        """Name the part of a long step that is at work, and the share of it that is done."""
        if (part := words.partition(",")[0]) != self._part:
            self._part, self._part_start = part, self._display.clock()
        self.words, self._part_share = words, share

    def end(self) -> None:
        self._display.hide(self)

    def beside(self) -> Row:
        """Another row of the same display."""
        return Row(self._display)

    def expect(self, forecast: Forecast) -> None:
        """Show the time left of all that a command makes."""
        self._display.forecast = forecast

    @property
    def shares(self) -> tuple[float, float]:
        """The share that was done at its beginning, and the share done now."""
        return (self.first / self.total, self.done / self.total) if self.total else (0.0, 0.0)

    @property
    def count(self) -> str:
        return f"{self.done:,} of {self.total:,}" if self.total else ""

    def left(self) -> str:
        """`45 s left`, of the step at work if it says how far it is; empty if nobody can say."""
        now = self._display.clock()
        if self._part_share is not None:
            new, share, since = self._part_share, self._part_share, now - self._part_start
        else:
            (first, share), since = self.shares, now - self._start
            new = share - first
        if new < ESTIMATE_FROM:
            return ""
        return f"{time_words(since * (1 - share) / new)} left"

    def line(self) -> str:
        parts = self.count, self.words, self.left()
        return f"{self.what}: {', '.join(filter(None, parts)) or 'at work'}"


class Display:
    """All rows of a command. `own`: of what this process does itself."""

    def __init__(self, console: PlainConsole, clock: Callable[[], float] = time.monotonic) -> None:
        self.console, self.clock = console, clock
        self.forecast: Forecast | None = None
        self.own = Row(self)
        self._rows: list[Row] = []
        self._live: Live | None = None
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def at(self, what: str, total: int | None = None) -> Iterator[Row]:
        """A row for work that says how far it is by itself."""
        self.own.begin(what, total)
        try:
            yield self.own
        finally:
            self.own.end()

    def show(self, row: Row) -> None:
        if row not in self._rows:
            self._rows.append(row)
        if len(self._rows) == 1:
            self._begin()

    def hide(self, row: Row) -> None:
        if row in self._rows:
            self._rows.remove(row)
        if not self._rows and self._live is not None:
            self._live.stop()
            self._live = None

    def close(self) -> None:
        """Whatever happened: no row is left, and the cursor is back."""
        for row in list(self._rows):
            self.hide(row)

    def _begin(self) -> None:
        if self._live is not None:
            return
        if self.console.is_terminal:
            self._live = Live(get_renderable=self._table, console=self.console, transient=True)
            self._live.start()
            return
        self.console.last_word = max(self.console.last_word, self.clock())
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()

    def _watch(self) -> None:
        while self._rows:
            self.look()
            time.sleep(1.0)

    def look(self, quiet_s: float = QUIET_S) -> None:
        """Without a terminal: write the line if nothing was written for so long."""
        rows = list(self._rows)
        if not rows or self.clock() - self.console.last_word < quiet_s:
            return
        left = self._left(rows)
        self.console.print("; ".join(row.line() for row in rows) + (f". {left}" if left else ""))

    def _left(self, rows: list[Row]) -> str:
        seconds = self.forecast and self.forecast.left({row.what: row.shares for row in rows})
        return f"In all about {time_words(seconds)} left" if seconds else ""

    def _table(self) -> Table:
        rows, grid = list(self._rows), Table.grid(padding=(0, 1))
        for row in rows:
            bar = ProgressBar(total=row.total, completed=row.done, width=BAR)
            words = row.words if self.console.width >= WIDE or not row.total else ""
            texts = (Text(visible(t), no_wrap=True) for t in (row.count, row.left(), words))
            grid.add_row(Text(visible(row.what), no_wrap=True, overflow="ellipsis"), bar, *texts)
        if left := self._left(rows):
            grid.add_row(Text(left))
        return grid


class Report:
    """The row of a process of `--jobs`, as it tells the command that waits for it."""

    def __init__(self, lifeline: int) -> None:
        self._socket, self._told = socket.socket(fileno=os.dup(lifeline)), 0.0

    def begin(self, what: str, total: int | None = None, done: int = 0) -> None:
        self._tell("begin", what, total, done)

    def update(self, step: int, losses: dict[str, float] | None = None) -> None:
        if self._due():
            self._tell("update", step, losses)

    def note(self, words: str, share: float | None = None) -> None:
        if self._due():
            self._tell("note", words, share)

    def answer(self, run: object, snapshot: int, record: dict) -> None:
        """What is known of a student; as Context.answered."""
        self._tell("answer", snapshot, record)

    def end(self) -> None:
        pass  # with the process

    def _due(self) -> bool:
        now = time.monotonic()
        due = now - self._told >= TOLD_S
        if due:
            self._told = now
        return due

    def _tell(self, *news: object) -> None:
        with contextlib.suppress(OSError):  # nobody waits any more
            self._socket.sendall(json.dumps(news).encode() + b"\n")


display = Display(console)
