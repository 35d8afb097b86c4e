"""A table before anybody has decided how it looks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """A number between two others; the table says what these are."""

    value: float
    low: float
    high: float


Cell = str | int | float | Band | None  # None: there is no such number


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns, with notes that belong to them."""

    name: str  # of its files
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    essential: tuple[str, ...] = ()  # the columns that a terminal too narrow for all shows

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                words = f"a row of {len(row)} cells under {len(self.columns)} columns: {row}"
                raise ValueError(f"Table {self.name}: {words}.")
        unknown = [name for name in self.essential if name not in self.columns]
        if unknown:
            raise ValueError(f"Table {self.name} has no column {unknown[0]!r} to be essential.")

    @classmethod
    def of(
        cls, name: str, title: str, columns: Mapping, things: Iterable, notes=(), essential=()
    ) -> Table:
        """A row a thing; `columns`: head -> its cell of a thing."""
        rows = tuple(tuple(cell(each) for cell in columns.values()) for each in things)
        return cls(name, title, tuple(columns), rows, notes, essential)

    def only(self, names: Sequence[str]) -> Table:
        """The same rows under the named columns alone, without notes."""
        places = [self.columns.index(name) for name in names]
        rows = tuple(tuple(row[place] for place in places) for row in self.rows)
        return Table(self.name, self.title, tuple(names), rows)


def middle(cell: Cell) -> Cell:
    """A band's value, any other cell as it is."""
    return cell.value if isinstance(cell, Band) else cell


def cell_text(cell: Cell) -> str:
    """For people: three significant digits, thousands apart, `-` for what does not exist."""
    if cell is None:
        return "-"
    if isinstance(cell, Band):
        low, high = cell_text(cell.low), cell_text(cell.high)
        return f"{cell_text(cell.value)} [{low}, {high}]"
    if isinstance(cell, int):
        return f"{cell:,}"
    return _digits(cell) if isinstance(cell, float) else cell


def _digits(value: float) -> str:
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    value = float(f"{value:.3g}")  # rounding may carry into the next decade
    if not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3g}"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def over_seeds(
    values: Sequence[Cell], middle: Callable = lambda values: sum(values) / len(values)
) -> Cell:
    """One seed's value as it is; of several numbers the middle within smallest and largest."""
    if len(values) == 1:
        return values[0]
    if not values or any(not isinstance(v, int | float) for v in values):
        return None
    if any(math.isnan(v) for v in values):
        return math.nan
    return Band(middle(values), min(values), max(values))


def seed_words(seeds: Sequence[int]) -> str:
    """`0`, or `0, 1, 2`."""
    return ", ".join(str(seed) for seed in seeds)


SEVERAL_SEEDS = "Of several seeds: mean [smallest, largest]."
