"""The page's section on pairs whose pairing is known."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from dmdrepro.commands import program
from dmdrepro.measures.chart import Chart, Line
from dmdrepro.measures.table import Band, Table, middle
from dmdrepro.report.known import drawn, known_tables, two_errors
from dmdrepro.report.page.provenance import duration, short_commit
from dmdrepro.runs.results import Missing

THETA = "theta / \N{GREEK SMALL LETTER PI}"


def known_part(record: dict | Missing) -> dict[str, object]:
    """What `known.html` shows of a record, or why there is none."""
    if isinstance(record, Missing):
        return {"lack": record}
    *of_circle, pairs = known_tables(record)
    facts = record.get("provenance") or {}
    versions = [f"{name} {facts[name]}" for name in ("torch", "numpy", "scipy") if facts.get(name)]
    origin = [
        f"seed {record['seed']}",
        *versions,
        f"commit {short_commit(facts.get('commit')) or 'unknown'}",
        duration(facts.get("wall_s")),
    ]
    return {
        "charts": circle_charts(record),
        "command": f"{program()} known",
        "numbers": [_over_pi(table) for table in of_circle],
        "pairs": pairs,
        "origin": [words for words in origin if words],
    }


def _over_pi(table: Table) -> Table:
    """A table over theta, with theta in multiples of pi."""
    rows = tuple((theta / math.pi, *others) for theta, *others in table.rows)
    return replace(table, columns=(THETA, *table.columns[1:]), rows=rows, essential=())


def circle_charts(record: Mapping) -> list[Chart]:
    """Delta_E, retention and concordance, the DM loss, and its gradients, over theta."""
    thetas = [each["theta"] / math.pi for each in record["circle"]]

    def line(
        label: str, value: Callable[[Mapping], float], colour: int = 0, dashed: bool = False
    ) -> Line:
        return Line(label, thetas, [value(each) for each in record["circle"]], colour, dashed)

    def mean(name: str) -> Callable[[Mapping], float]:
        return lambda each: float(middle(drawn(each, name)))

    def chart(title: str, note: str, *lines: Line, shown: tuple[float, ...] = (0.0,)) -> Chart:
        return Chart(title, THETA, lines, shown, note, linear=True)

    return [
        chart(
            "Delta_E", "0: copied; null and limit are in the table",
            line("Delta_E", mean("delta_e")),
        ),
        chart(
            "Retention and concordance", "dashed: cos(theta); the three coincide",
            line("retention", mean("retention")),
            line("concordance", mean("concordance"), 1),
            line("cos(theta)", lambda each: float(each["population"]["retention"]), 2, True),
            shown=(-1.0, 1.0),
        ),
        chart(
            "DM loss", "dashed: two standard errors of the samples",
            line("quadrature", lambda each: each["dm"]["rule"]["loss"]),
            line("samples", lambda each: each["dm"]["loss"]["value"], 1),
            line("two standard errors above", lambda each: _errors(each).high, 1, True),
            line("two standard errors below", lambda each: _errors(each).low, 1, True),
        ),
        chart(
            "Gradients", "in theta the slope is 0; in the matrix M the gradient moves",
            line("slope in theta", lambda each: each["dm"]["rule"]["slope"]),
            line("gradient in M moved", lambda each: each["dm"]["rule"]["turned"], 1),
        ),
    ]  # fmt: skip


def _errors(each: Mapping) -> Band:
    return two_errors(each["dm"]["loss"])
