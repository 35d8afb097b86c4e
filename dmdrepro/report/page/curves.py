"""The curves of an experiment's students: along distillation, and the DM loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dmdrepro.report.along import Point, points_along
from dmdrepro.report.figure_numbers import dm_loss
from dmdrepro.report.over_n import over_n
from dmdrepro.report.page.chart import Chart, Line, chart_html
from dmdrepro.report.page.html import Html, element
from dmdrepro.report.students import Student
from dmdrepro.runs.log import thinned

MOST = 300  # points of a curve of the DM loss
ITERATIONS = "distillation iteration"
WORDS = {
    "retention": "retention",
    "concordance": "concordance",
    "delta_e": "Delta_E",
    "delta_e_null": "null",
}
COLOURS = 6  # that page.css has


def curves_html(students: Sequence[Student]) -> Html:
    """All charts of one experiment, each seed a line, and the legend they share."""
    loss = loss_charts(students)
    charts = [chart_html(chart) for chart in (*along_charts(students), *loss)]
    drawn = [chart for chart in charts if chart is not None]
    missing = [] if loss else ["No log of the DM loss was kept."]
    if not any(map(points_along, students)):
        missing.append("No students were kept on the way, or not the same ones of all seeds.")
    return element(
        "div",
        _legend(students),
        element("div", *drawn, class_="charts"),
        *(element("p", words) for words in missing),
    )


def along_charts(students: Sequence[Student]) -> list[Chart]:
    """Retention, concordance, Delta_E with its null, quality with the teacher's: by iteration."""
    numbered = enumerate(students)
    kept = [(k, student, points) for k, student in numbered if (points := points_along(student))]
    many = len(students) > 1

    def lines(value: Callable[[Point], list], what: str, dashed: bool = False) -> list[Line]:
        found = []
        for place, student, points in kept:
            xs = [float(point.iterations) for point in points]
            columns = [value(point) for point in points]
            for seed, ys in zip(student.seeds, zip(*columns, strict=True), strict=True):
                label = _label(what, student, seed, many)
                values = [math.nan if y is None else float(y) for y in ys]
                found.append(Line(label, xs, values, place % COLOURS, dashed))
        return found

    quality = lines(lambda point: point.each("quality", "ratio"), "G")
    for place, student, points in kept:
        xs = [float(point.iterations) for point in points]
        ratios = student.each("quality", "teacher_8", "ratio")
        for seed, ratio in zip(student.seeds, ratios, strict=True):
            if ratio is not None:
                label = _label("Phi_8", student, seed, many)
                quality.append(Line(label, xs, [float(ratio)] * len(xs), place % COLOURS, True))
    delta = lines(lambda point: point.each("pairing", "delta_e"), "Delta_E")
    null = lines(lambda point: point.each("pairing", "delta_e_null"), "null", dashed=True)
    retention = lines(lambda point: point.each("pairing", "retention"), "retention")
    concordance = lines(lambda point: point.each("pairing", "concordance"), "concordance")
    return [
        Chart("Retention", ITERATIONS, tuple(retention), (0.0, 1.0), "1 keeps, 0 independent"),
        Chart(
            "Concordance",
            ITERATIONS,
            tuple(concordance),
            (0.0, 1.0),
            "1 the teacher, 0 independent",
        ),
        Chart("Delta_E", ITERATIONS, (*delta, *null), (0.0,), "dashed: its null"),
        Chart(
            "Quality of G", ITERATIONS, tuple(quality), (1.0,), "1 as good as data; dashed: Phi_8"
        ),
    ]


def over_n_html(students: Sequence[Student]) -> Html:
    """Retention with concordance, and Delta_E with its null, against N: means over the sets."""
    curves = over_n(students)

    def chart(title: str, solid: str, dashed: str, shown: tuple[float, ...], note: str) -> Chart:
        lines = []
        for curve in curves:
            xs = [float(n) for n in curve.n]
            for name, second in ((solid, False), (dashed, True)):
                label = f"{WORDS[name]}, seed {curve.seed}"
                lines.append(Line(label, xs, curve.means(name), 0, second))
        return Chart(title, "N", tuple(lines), shown, note)

    drawn = [
        chart("Retention", "retention", "concordance", (0.0, 1.0), "dashed: concordance"),
        chart("Delta_E", "delta_e", "delta_e_null", (0.0,), "dashed: its null"),
    ]
    return element("div", *map(chart_html, drawn), class_="charts")


def loss_charts(students: Sequence[Student]) -> list[Chart]:
    """The DM loss of all students, thinned; empty where no log was kept."""
    lines, note = [], ""
    for place, student in enumerate(students):
        for result in student.results:
            if (curve := dm_loss(result, student.snapshot)) is None:
                continue
            xs, ys = thinned(*curve, MOST)
            if len(xs) < len(curve[0]):
                note = "each point the mean of the updates about it"
            label = _label("DM loss", student, result.seed, len(students) > 1)
            lines.append(Line(label, xs.tolist(), ys.tolist(), place % COLOURS))
    return [Chart("DM loss", ITERATIONS, tuple(lines), (0.0,), note)] if lines else []


def _label(what: str, student: Student, seed: int, many: bool) -> str:
    teacher = f", teacher {student.snapshot:,}" if many else ""
    return f"{what}{teacher}, seed {seed}"


def _legend(students: Sequence[Student]) -> Html | None:
    return legend("Teacher iterations:", [f"{student.snapshot:,}" for student in students])


def legend(words: str, names: Sequence[str]) -> Html | None:
    """Which colour is whose; None where there is but one."""
    if len(names) < 2:
        return None
    items = [
        element("li", element("span", class_=f"swatch c{place % COLOURS}"), name)
        for place, name in enumerate(names)
    ]
    return element("div", element("span", words), element("ul", *items), class_="legend")
