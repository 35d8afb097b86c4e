"""The report as one page: opens from disk, asks the network for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from dmdrepro.experiments import REGISTRY
from dmdrepro.measures.students import Results, Student, collect
from dmdrepro.measures.table import Table, seed_words
from dmdrepro.report.page.experiment import anchor, experiment_html
from dmdrepro.report.page.html import Html, element, joined
from dmdrepro.report.page.known import ANCHOR as KNOWN
from dmdrepro.report.page.known import TITLE as KNOWN_TITLE
from dmdrepro.report.page.known import known_html
from dmdrepro.report.page.pictures import Picture
from dmdrepro.report.page.provenance import summary_table
from dmdrepro.report.page.studies import STUDIES_TITLE, studies_html
from dmdrepro.report.page.tables import table_html
from dmdrepro.report.study import OpenStudy
from dmdrepro.report.verdict import NOT_RUN
from dmdrepro.runs.results import Missing

TITLE = "Why Are DMD Students Lazy? A reproduction"
QUESTION = (
    "A diffusion model (the teacher) turns noise into data in many steps. Distribution Matching "
    "Distillation (DMD) trains a student that needs one step. Its loss asks only that the "
    "student's samples be distributed as the teacher's; which noise becomes which sample is left "
    "free. The paper asks whether the student nevertheless keeps the teacher's pairing of noise "
    "and data, that is, copies, or finds a pairing of its own, that is, remaps."
)
WORDS = (
    (
        "Delta_E",
        "Draw teacher and student from the same noise. E_DT is the mean squared distance between "
        "the two samples of one noise; E_OT is the least that any re-pairing of the same samples "
        "would cost. Delta_E = E_DT / E_OT - 1: 0 where the student copies, large where it remaps.",
    ),
    (
        "null",
        "The Delta_E that the same samples would have if they were paired at random (among those "
        "of one class, where teacher and student are told the class). It is the "
        "ceiling to read Delta_E against: it depends on the data and on N, so Delta_E alone must "
        "not be compared across data sets.",
    ),
    (
        "retention",
        "How much of the pairing was kept: 1 = the best pairing there is, 0 = a random one, below "
        "0 = worse than random.",
    ),
    (
        "concordance",
        "1 - E_DT / E_ind over different noises: 1 = the student is the teacher, 0 = their pairing "
        "is independent. It asks for no best pairing, so neither N nor the dimension moves it.",
    ),
    (
        "remapped",
        "The share of the teacher's samples that the best pairing gives another's student: 0 = "
        "every student is paired best as it is, near 1 = hardly any. It counts near neighbours "
        "that change places in full, so it says how many, not by how much.",
    ),
    (
        "quality",
        "How far samples are from data, over how far data are from other data: 1 = as good as "
        "data. A student that draws no good samples says nothing about copying.",
    ),
    (
        "Phi_1, Phi_8, G",
        "The teacher's sample in one step and in eight, and the student's. The student starts its "
        "training as Phi_1: untrained means that start.",
    ),
    ("N", "How many samples of each were compared."),
)


def report_page(
    results: Results,
    tables: Sequence[Table],
    pictures: Sequence[Picture],
    size: str,
    seed: int,
    studies: Sequence[OpenStudy] = (),
    known: dict | Missing | None = None,
) -> bytes:
    """The page, UTF-8, from results that `all_seeds` opened and their `tables_of`.

    `studies`: those that `open_studies` found, in a section of their own. `known`: what
    `open_known` opened; None leaves its section out.

    It has no date and no clock of its own: equal results give equal bytes.
    """
    students = collect(results)
    named = {table.name: table for table in tables}
    sections = [
        experiment_html(
            name, results, [s for s in students if s.experiment == name], named, pictures
        )
        for name in REGISTRY
        if name in results
    ]
    origin = summary_table(students)
    closing = [named[key] for key in ("choices", "slips", "not_run") if key in named]
    closing += [origin] if origin.rows else []
    body = [
        element("header", *_head(size, seed, students, named["verdict"])),
        element(
            "main",
            _section("verdict", "Verdict", table_html(named["verdict"])),
            _section("numbers", "Our numbers", _numbers(named["paper_and_ours"])),
            _contents(
                [name for name in REGISTRY if name in results],
                bool(studies),
                known is not None,
                closing,
            ),
            *sections,
            _section("studies", STUDIES_TITLE, studies_html(studies)) if studies else None,
            None if known is None else known_html(known),
            *(_section(t.name.replace("_", "-"), t.title, table_html(t)) for t in closing),
        ),
    ]
    page = _document(f"{TITLE}: {size} size, seed {seed}", joined(body, "\n"))
    return page.encode("utf-8", "xmlcharrefreplace")  # a path's undecodable bytes too


def _document(title: str, body: Html) -> str:
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Html(_beside("page.css"))),
    )
    script = element("script", Html(_beside("page.js")))
    return f"<!doctype html>\n{element('html', head, element('body', body, script), lang='en')}\n"


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _head(size: str, seed: int, students: Sequence[Student], verdicts: Table) -> list[Html | None]:
    reduced = "" if size == "paper" else " (reduced)"
    size_words = f"{size[0].upper()}{size[1:]} size{reduced}; seed {seed}"
    if others := sorted({s for student in students for s in student.seeds} - {seed}):
        size_words += f", and of the same configuration {seed_words(others)}"
    words = [element("dt", term) + element("dd", meaning) for term, meaning in WORDS]
    return [
        element("h1", TITLE),
        element("p", size_words, class_="size"),
        _banner(size, verdicts),
        element("p", QUESTION),
        element("h2", "Words", id="words"),
        element("dl", *map(Html, words)),
    ]


def _banner(size: str, verdicts: Table) -> Html:
    """What the verdicts add up to; at a reduced size, that there are none."""
    found = Counter(row[verdicts.columns.index("verdict")] for row in verdicts.rows)
    if size != "paper":
        return element(
            "p",
            element("b", f"This is a reduced run, the {size} size. "),
            "Networks, images and trainings are smaller or shorter than the paper's, so it tests "
            f"none of the paper's numbers: all {found.total()} are judged “{NOT_RUN}”. What it "
            "found at its own size stands below.",
            class_="banner",
        )
    counts = ", ".join(f"{count} {word}" for word, count in found.items())
    words = f"Of {found.total()} numbers and claims of the paper: {counts}."
    return element("p", words, class_="banner")


def _section(name: str, title: str, *children: Html | None) -> Html:
    return element("section", element("h2", title), *children, id=name)


def _numbers(table: Table) -> Html:
    """The columns that must not be read apart; each experiment's section has all of them."""
    essential = table.only(table.essential)
    shown = Table(table.name, table.title, essential.columns, essential.rows, table.notes)
    return table_html(shown)


def _contents(names: Sequence[str], studies: bool, known: bool, closing: Sequence[Table]) -> Html:
    links = [
        ("words", "Words"),
        ("verdict", "Verdict"),
        ("numbers", "Our numbers"),
        *((anchor(name), name) for name in names),
        *([("studies", STUDIES_TITLE)] if studies else []),
        *([(KNOWN, KNOWN_TITLE)] if known else []),
        *((table.name.replace("_", "-"), table.title) for table in closing),
    ]
    items = [element("li", element("a", words, href=f"#{target}")) for target, words in links]
    return element("nav", element("h2", "Contents"), element("ul", *items), aria_label="Contents")
