"""Progress of long work: a rich bar in a terminal, a line a minute elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from dmdrepro.cli.console import visible

LINE_EVERY_S = 60.0
WIDE = 130  # columns of the terminal from which on the losses have room beside the bar


class ProgressDisplay:
    """Shows step, rate, time left and the current losses."""

    def __init__(self, console: Console, *, bar: bool = True) -> None:
        """`bar`: False if several processes share a terminal, and each writes lines."""
        self._console = console
        self._with_bar = bar and console.is_terminal
        self._bar: RichProgress | None = None

    def begin(self, what: str, total: int, done: int) -> None:
        self.end()
        self._what, self._total, self._first = what, total, done
        self._start = self._line = time.monotonic()
        if done and done < total:
            self._console.print(f"{what}: going on from {done:,} of {total:,}")
        if self._with_bar:
            wide = self._console.width >= WIDE
            losses = [TextColumn("{task.fields[losses]}")] if wide else []
            self._bar = RichProgress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                *losses,
                console=self._console,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(
                visible(what), total=total, completed=done, rate="", losses=""
            )

    def update(self, step: int, losses: dict[str, float]) -> None:
        now = time.monotonic()
        rate = (step - self._first) / max(now - self._start, 1e-9)
        shown = "  ".join(f"{k} {v:.4g}" for k, v in losses.items() if k.startswith("loss"))
        if self._bar is not None:
            self._bar.update(self._task, completed=step, rate=f"{rate:,.1f}/s", losses=shown)
        elif now - self._line >= LINE_EVERY_S:
            self._line = now
            left = (self._total - step) / max(rate, 1e-9)
            self._console.print(
                f"{self._what}: {step:,} of {self._total:,}, {rate:,.1f}/s, "
                f"{left:,.0f} s left  {shown}"
            )

    def note(self, words: str) -> None:
        """What the step at work is about, for steps that take long."""
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, description=f"{self._what}: {words}")
        elif now - self._line >= LINE_EVERY_S:
            self._line = now
            self._console.print(f"{self._what}: {words}, {now - self._start:,.0f} s so far")

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
