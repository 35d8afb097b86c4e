"""Pages of finished runs whose numbers a test gives."""

import json
from functools import cache
from pathlib import Path

from page_reader import Element, check_page
from report_runs import stop, write_run

from dmdrepro.known import SMOKE, known_answers
from dmdrepro.report import all_seeds, open_studies, report_page, tables_of
from dmdrepro.runs.files import json_text
from dmdrepro.runs.results import Missing

LOSSES = [0.0, 1.0, 3.0, 2.0, 1.0, 0.5]


def kept(*points: tuple[int, float, float]) -> dict:
    """Parts of a record with students kept at (iterations, Delta_E, retention)."""
    along = [stop(n, 3.0, delta_e=delta_e, retention=r) for n, delta_e, r in points]
    ratios = {"teacher_1": 9.0, "student": 1.5, "teacher_8": 1.1}
    quality = {name: {"ratio": ratio} for name, ratio in ratios.items()}
    return {"along": along, "quality": {"n": 1000, **quality}}


def page_bytes(
    runs: Path, size: str = "laptop", pictures=(), not_run=None, known: dict | Missing | None = None
) -> bytes:
    """The page of seed 0."""
    results = all_seeds(runs, size, 0)
    tables = tables_of(results, size, not_run=not_run)
    studies = open_studies(runs, size, 0)
    return report_page(results, tables, pictures, size, 0, studies, known)


def page_of(runs: Path, *arguments, **options) -> Element:
    """The checked page; the arguments are those of `page_bytes`."""
    return check_page(page_bytes(runs, *arguments, **options))


def sections(page: Element) -> dict[str | None, Element]:
    """The sections in their order by their id."""
    return {found.attributes["id"]: found for found in page.all("section")}


def section(page: Element, name: str) -> Element:
    """One experiment's section."""
    return sections(page)[f"experiment-{name}"]


def chart_of(part: Element, title: str) -> Element:
    """The first chart of that title."""
    return next(f.all("svg")[0] for f in part.all("figure") if f.text.startswith(title))


def tooltips(chart: Element, word: int = 1) -> dict[str, str]:
    """Place on the axis, which is that word of a tooltip, -> all that the tooltip says."""
    return {t.text.split()[word]: t.text for t in chart.all("title")}


@cache
def _known() -> str:
    return json_text({"seed": 0, **known_answers(SMOKE, 0)})


def known_record() -> dict:
    """The smoke size's known answers as read from their file, to be changed by the caller."""
    return json.loads(_known())


def write_runs(runs: Path) -> Path:
    """Chessboard with two seeds and kept students, MNIST with two teachers."""
    for seed, delta_e in ((0, 0.75), (1, 0.875)):
        parts = kept((50, delta_e, 0.625), (500, 0.5, 0.25))
        write_run(runs, "chessboard", (4000,), seed=seed, losses=LOSSES, **parts)
    write_run(runs, "mnist", (512, 3072), losses=LOSSES, **kept((50, 0.25, 0.9)))
    return runs
