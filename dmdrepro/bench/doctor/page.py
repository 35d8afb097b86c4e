"""The doctor's page: Markdown, one table for each part, the answer first."""

from collections.abc import Sequence

from dmdrepro.bench.doctor.scope import NOT_RUN, Row
from dmdrepro.measures.table import Table
from dmdrepro.pipeline.cost import time_words
from dmdrepro.report.render import to_markdown

COMMON = ("part", "what", "ok", "why", "at_s")
MARKS = {True: "ok", False: "WRONG", None: "-"}


def page(rows: Sequence[Row], seconds: float) -> str:
    """All rows so far."""
    parts = dict.fromkeys(str(row["part"]) for row in rows)
    tables = (_table(part, [row for row in rows if row["part"] == part]) for part in parts)
    return "\n".join(["# dmdrepro doctor", "", *_answer(rows, seconds), *tables])


def _answer(rows: Sequence[Row], seconds: float) -> list[str]:
    checked = sum(row["ok"] is not None for row in rows)
    wrong = [row for row in rows if row["ok"] is False]
    undone = sum(row["part"] == NOT_RUN for row in rows)
    lines = [
        f"{len(wrong)} of {checked} checks are wrong:"
        if wrong
        else f"All {checked} checks are right.",
        *(f"- {row['part']}: {row['what']}: {row['why']}" for row in wrong),
    ]
    total = next((r for r in rows if r["what"] == "all, one after the other"), None)
    if total is not None:
        lines += [
            "",
            f"`all` would take about {time_words(total['measured_s'])} one stage after the other "
            f"(teachers and students as measured here, the rest by the model, which says "
            f"{time_words(total['model_s'])} of all).",
        ]
    last = rows[-1].get("at_s", 0.0) if rows else 0.0
    if undone:
        lines += ["", f"{undone} checks were not run, out of time: see the end of this page."]
    return [*lines, "", f"{last:.0f} of {seconds:.0f} s. Every row is in doctor.jsonl.", ""]


def _table(part: str, rows: Sequence[Row]) -> str:
    figures = list(dict.fromkeys(name for row in rows for name in row if name not in COMMON))
    reasons = any(row["why"] for row in rows)
    cells = tuple(
        (
            str(row["what"]),
            MARKS[row["ok"]],
            *(_shown(name, row.get(name, "")) for name in figures),
            *([str(row["why"])] * reasons),
        )
        for row in rows
    )
    columns = ("what", "", *map(_title, figures), *(["why"] * reasons))
    return to_markdown(Table(part, f"{part[0].upper()}{part[1:]}", columns, cells))


UNITS = {"_ms": " (ms)", "_s": "", "_gib": " (GiB)"}


def _title(name: str) -> str:
    """`iteration_ms` -> `iteration (ms)`."""
    end = next((end for end in UNITS if name.endswith(end)), None)
    return (name.removesuffix(end) + UNITS[end] if end else name).replace("_", " ")


def _shown(name: str, value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if name.endswith("_s"):
        return time_words(value) if value >= 10 else f"{value:.2g} s"
    return f"{value:.3g}"
