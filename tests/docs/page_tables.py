"""Tables of Markdown pages, and whether a cell shows a number as it rounds it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def tables(page: Path) -> list[tuple[str, list[dict[str, str]]]]:
    """(heading, rows) of each table; an empty first cell repeats the one above."""
    found, heading, head = [], "", None
    for line in page.read_text().splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if not line.startswith("| "):
            head = None if not line.startswith("|---") else head
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if head is None:
            head = cells
            found.append((heading, []))
            continue
        row = dict(zip(head, cells, strict=True))
        if not cells[0] and found[-1][1]:
            row[head[0]] = found[-1][1][-1][head[0]]
        found[-1][1].append(row)
    return found


def disagreement(cell: str, expected: Sequence[float]) -> str:
    """What of a cell's numbers is not the record's, rounded as the cell rounds it; else empty."""
    printed = re.findall(r"(?<![\w.])-?\d[\d,]*\.?\d*", cell)
    printed = [text.rstrip(",") for text in printed]
    if len(printed) == 1 < len(expected):
        expected = expected[:1]
    if len(printed) != len(expected):
        return f"{cell!r} has {len(printed)} numbers, the records {expected}"
    for text, value in zip(printed, expected, strict=True):
        decimals = len(text.partition(".")[2])
        unit = 1e-4 if text == "0" else 10.0**-decimals  # a bare 0 stands for nothing at all
        if abs(float(text.replace(",", "")) - value) > 0.5 * unit * 1.001:
            return f"{text} of {cell!r}, the records {value:.6g}"
    return ""
