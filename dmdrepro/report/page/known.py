"""The page's section on pairs whose pairing is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from dmdrepro.commands import program
from dmdrepro.measures.chart import Chart, Line
from dmdrepro.measures.students import as_number
from dmdrepro.report.known import circle_table, dm_loss_table, pairs_table
from dmdrepro.report.page.chart import charts_html
from dmdrepro.report.page.html import Html, details, element
from dmdrepro.report.page.provenance import duration, short_commit
from dmdrepro.report.page.tables import table_html
from dmdrepro.runs.results import Missing

ANCHOR, TITLE = "known-answers", "What Delta_E says where the answer is known"
THETA = "theta"


def known_html(record: dict | Missing) -> Html:
    """Charts over theta and tables of a record; why there is none."""
    if isinstance(record, Missing):
        head = element("b", "Not shown: " if record.unusable else "Not run: ")
        words = f"{record.reason.removeprefix('not run: ')}."
        return _section(element("p", head, words, class_="lack"))
    return _section(
        element(
            "p",
            "In appendix C the teacher draws points of a slightly squeezed circle and the student "
            "points of the unit circle, from noise that it turns by theta first. Every theta gives "
            "the same samples in distribution, so the DM loss is the same (Lemma 3.2), while the "
            "pairing goes from copied to reversed.",
        ),
        charts_html(circle_charts(record)),
        details(
            "The numbers of these curves",
            table_html(circle_table(record)),
            table_html(dm_loss_table(record)),
        ),
        table_html(pairs_table(record)),
        _origin(record),
    )


def circle_charts(record: Mapping) -> list[Chart]:
    """Delta_E, retention and concordance, the DM loss, and its gradients, over theta."""
    thetas = [each["theta"] for each in record["circle"]]

    def line(
        label: str, value: Callable[[Mapping], float], colour: int = 0, dashed: bool = False
    ) -> Line:
        return Line(label, thetas, [value(each) for each in record["circle"]], colour, dashed)

    def mean(name: str) -> Callable[[Mapping], float]:
        return lambda each: _mean([as_number(pairing[name]) for pairing in each["draws"]])

    def limit(name: str) -> Callable[[Mapping], float]:
        return lambda each: float(as_number(each["population"][name]))

    return [
        Chart(
            "Delta_E",
            THETA,
            (line("Delta_E", mean("delta_e")),),
            note="0: copied; null and limit are in the table",
            linear=True,
        ),
        Chart(
            "Retention and concordance",
            THETA,
            (
                line("retention", mean("retention")),
                line("concordance", mean("concordance"), 1),
                line("cos(theta)", limit("retention"), 2, True),
            ),
            (-1.0, 1.0),
            "dashed: cos(theta); the three coincide",
            linear=True,
        ),
        Chart(
            "DM loss",
            THETA,
            (
                line("quadrature", lambda each: each["dm"]["rule"]["loss"]),
                line("samples", lambda each: each["dm"]["loss"]["value"], 1),
                line("two standard errors above", lambda each: _beside(each, 2), 1, True),
                line("two standard errors below", lambda each: _beside(each, -2), 1, True),
            ),
            note="dashed: two standard errors of the samples",
            linear=True,
        ),
        Chart(
            "Gradients",
            THETA,
            (
                line("slope in theta", lambda each: each["dm"]["rule"]["slope"]),
                line("gradient in M moved", lambda each: each["dm"]["rule"]["turned"], 1),
            ),
            note="in theta the slope is 0; in the matrix M the gradient moves",
            linear=True,
        ),
    ]


def _beside(each: Mapping, errors: float) -> float:
    loss = each["dm"]["loss"]
    return loss["value"] + errors * loss["error"]


def _mean(values: list) -> float:
    return math.fsum(values) / len(values) if all(map(math.isfinite, values)) else math.nan


def _origin(record: Mapping) -> Html:
    facts = record.get("provenance") or {}
    versions = [f"{name} {facts[name]}" for name in ("torch", "numpy", "scipy") if facts.get(name)]
    parts = [
        f"seed {record['seed']}",
        *versions,
        f"commit {short_commit(facts.get('commit')) or 'unknown'}",
        duration(facts.get("wall_s")),
    ]
    return element(
        "p", f"Made by {program()} known: ", ", ".join(p for p in parts if p), ".",
        class_="size",
    )  # fmt: skip


def _section(*children: Html | None) -> Html:
    return element("section", element("h2", TITLE), *children, id=ANCHOR)
