"""Tables in the terminal, as Markdown, CSV and strict JSON."""

import csv
import io
import json
import math
import re
from collections.abc import Iterable
from pathlib import Path

from dmdrepro.measures.table import Band, Cell, Table, cell_text
from dmdrepro.runs.files import write_bytes


def to_markdown(table: Table) -> str:
    """A heading, the table, its notes as a list."""

    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cells)} |"

    rules = ["---:" if right else "---" for right in numeric_columns(table)]
    lines = [f"### {_escaped(table.title)}", "", line(map(_escaped, table.columns)), line(rules)]
    lines += [line(_escaped(cell_text(cell)) for cell in row) for row in table.rows]
    if table.notes:
        lines += ["", *(f"- {_escaped(note)}" for note in table.notes)]
    return "\n".join(lines) + "\n"


def to_csv(table: Table) -> str:
    """Columns and rows, all digits; a band is `value [low, high]`, what does not exist is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow(
            f"{c.value!r} [{c.low!r}, {c.high!r}]" if isinstance(c, Band) else c for c in row
        )
    return out.getvalue()


def to_json(table: Table) -> str:
    """Strict JSON, all digits: infinities and nan as strings, a band as {value, low, high}."""
    rows = [
        {column: _strict(cell) for column, cell in zip(table.columns, row, strict=True)}
        for row in table.rows
    ]
    whole = {"title": table.title, "columns": table.columns, "rows": rows, "notes": table.notes}
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_tables(tables: Iterable[Table], folder: Path) -> list[Path]:
    """Each table as NAME.md, NAME.csv and NAME.json, and all of them as tables.md."""
    tables = list(tables)
    texts = {"tables.md": "\n".join(map(to_markdown, tables))}
    for table in tables:
        texts[f"{table.name}.md"] = to_markdown(table)
        texts[f"{table.name}.csv"] = to_csv(table)
        texts[f"{table.name}.json"] = to_json(table)
    for name, text in texts.items():
        write_bytes(folder / name, text.encode())
    return [folder / name for name in texts]


def render_terminal(table: Table, folder: Path | None = None) -> object:
    """For a rich console: all columns if they fit, or as many essential ones as do,
    or paragraphs if none are essential.

    `folder`: where `write_tables` puts the file that a shortened table refers to, if anywhere.
    """
    return _Fitting(table, folder)


class _Fitting:
    def __init__(self, table: Table, folder: Path | None) -> None:
        self.table, self.folder = table, folder

    def __rich_console__(self, console, options):
        table, width = self.table, options.max_width
        if (grid := _fitting_grid(table, width)) is not None:
            yield grid
        elif (found := _shortened(table, width)) is not None:
            grid, shown = found
            yield grid
            if shown < len(table.columns):
                file = "" if self.folder is None else f"; all: {self.folder / table.name}.md"
                yield _text(f"{shown} of {len(table.columns)} columns{file}")
        else:
            yield from _paragraphs(table, width)
        for note in table.notes:
            yield _text(note)
        yield _text("")


def _shortened(table: Table, width: int):
    """(the grid, how many columns): the essential ones, the last left out until the others fit."""
    least = min(FEWEST, len(table.essential)) or 1
    for shown in range(len(table.essential), least - 1, -1):
        if (
            grid := _fitting_grid(table.only(table.essential[:shown]), width, tight=True)
        ) is not None:
            return grid, shown
    return None


FEWEST = 3  # columns that make a table
BREAKABLE = 24  # characters: a longer cell may break between its words
HYPHEN = re.compile(r"(?<=[a-z]-)(?=[a-z])")  # of a name, which may break after it


def _fitting_grid(table: Table, width: int, *, tight: bool = False):
    """The grid within `width` characters, None if it does not fit.

    `tight`: without lines between the columns, and short cells may break between words too, names
    after a hyphen.
    """
    least = _least_widths(table, tight)
    lines = len(least) - 1 if tight else 3 * len(least) + 1
    spare = width - sum(least) - lines
    return None if spare < 0 else _grid(table, _widened(table, least, spare), tight)


def _least_widths(table: Table, tight: bool) -> list[int]:
    widths = []
    for place, column in enumerate(table.columns):
        cells = [cell_text(row[place]) for row in table.rows]
        words = [word for text in (column, *cells) for word in text.split()]
        if tight:
            parts = [part for word in words for part in HYPHEN.split(word)]
        else:
            parts = words + [text for text in cells if len(text) <= BREAKABLE]
        widths.append(max([1, *map(len, parts)]))
    return widths


def _widened(table: Table, widths: list[int], spare: int) -> list[int]:
    """Hand out the spare characters one at a time to the column that would take most lines."""
    columns = zip(table.columns, zip(*table.rows, strict=True), strict=True)
    whole = [max(len(text) for text in (name, *map(cell_text, cells))) for name, cells in columns]
    widths = list(widths)
    for _ in range(min(spare, sum(whole) - sum(widths))):
        lines = [full / width for full, width in zip(whole, widths, strict=True)]
        widths[lines.index(max(lines))] += 1
    return widths


def _grid(table: Table, widths: list[int], tight: bool):
    from rich import box
    from rich.table import Table as RichTable

    looks = {"box": box.SIMPLE_HEAD, "padding": 0, "show_edge": False}
    grid = RichTable(
        title=_text(table.title),
        title_justify="left",
        pad_edge=not tight,
        **(looks if tight else {}),
    )
    for column, width, right in zip(table.columns, widths, numeric_columns(table), strict=True):
        justify = "right" if right else "left"
        grid.add_column(_text(column), justify=justify, width=width)
    for row in table.rows:
        cells = map(cell_text, row)
        grid.add_row(*(_text(_broken(c, w)) for c, w in zip(cells, widths, strict=True)))
    return grid


def _broken(text: str, width: int) -> str:
    """Words longer than their column in lines that end after hyphens."""
    return " ".join(HYPHEN.sub("\n", w) if len(w) > width else w for w in text.split(" "))


def _paragraphs(table: Table, width: int):
    """Each row as `column: value; ...`, broken between pairs, without empty cells."""
    yield _text(table.title, "bold")
    for row in table.rows:
        pairs = zip(table.columns, row, strict=True)
        parts = [f"{c}: {cell_text(cell)}" for c, cell in pairs if cell is not None and cell != ""]
        lines = [parts[0]]
        for part in parts[1:]:
            if len(lines[-1]) + len(part) + 2 < width:
                lines[-1] += f"; {part}"
            else:
                lines[-1] += ";"
                lines.append(f"  {part}")
        yield from map(_text, lines)


def _text(words: str, style: str = ""):
    from rich.text import Text

    return Text(words, style)  # never markup: a band's brackets are brackets


def numeric_columns(table: Table) -> list[bool]:
    """Which columns hold numbers only (or `-`)."""
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.columns)
    return [bool(c) and not any(isinstance(cell, str) for cell in c) for c in columns]


def _escaped(text: str) -> str:
    for mark in "\\|*<":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", " ")


def _strict(cell: Cell) -> object:
    if isinstance(cell, Band):
        return {name: _strict(getattr(cell, name)) for name in ("value", "low", "high")}
    if isinstance(cell, float) and not math.isfinite(cell):
        return str(cell)
    return cell
