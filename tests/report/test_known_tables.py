"""Tables and page section of the known answers, from a record alone."""

import math

import pytest
from page_runs import known_record, page_of, sections
from report_runs import rows_of

from dmdrepro.measures.table import Band
from dmdrepro.report import known_tables
from dmdrepro.report.known import drawn, two_errors
from dmdrepro.report.render import to_json, to_markdown
from dmdrepro.runs.results import Missing

ANCHOR = "known-answers"


@pytest.fixture
def record():
    return known_record()


def test_the_circles_rows_have_values_beside_limits(record):
    circle, loss, _ = known_tables(record)
    for row in rows_of(circle):
        assert row["cos(theta)"] == pytest.approx(math.cos(row["theta"]), abs=1e-9)
    assert rows_of(circle)[0]["Delta_E"] == 0
    last = rows_of(circle)[-1]
    assert isinstance(last["Delta_E"], Band)
    assert last["its limit"] > 100 * last["Delta_E"].high
    first, *_ = found = rows_of(loss)
    assert first["less that at 0"] is None
    for row in found:
        assert row["DM loss"] == pytest.approx(first["DM loss"], rel=0.05)
        assert row["gradient moved"] == pytest.approx(row["2 |sin(theta / 2)|"], abs=5e-3)


def test_every_other_case_has_a_row(record):
    found = rows_of(known_tables(record)[2])
    names = {row["case"].partition(",")[0] for row in found}
    alone = {"Gaussians", "translated", "permuted", "constant", "partly copied"}
    assert names == alone | {"class shared"}
    by_name = {row["case"]: row for row in found}
    permuted, constant = by_name["permuted, the next row's"], by_name["constant, |y| = 1"]
    assert permuted["Delta_E"] == permuted["its limit"] == math.inf
    assert constant["Delta_E"] == pytest.approx(0, abs=1e-12)
    assert math.isnan(constant["limit of retention"])
    assert by_name["translated, |b| = 3"]["limit of concordance"] == pytest.approx(32 / 41)


def test_equal_draws_are_one_value_and_others_a_band():
    case = {"draws": [{"delta_e": "inf"}, {"delta_e": "inf"}]}
    assert drawn(case, "delta_e") == math.inf
    case = {"draws": [{"delta_e": 1.0}, {"delta_e": 2.0}]}
    assert drawn(case, "delta_e") == Band(1.5, 1.0, 2.0)
    assert two_errors({"value": 1.0, "error": 0.25}) == Band(1.0, 0.5, 1.5)


def test_the_tables_can_be_written_strictly(record):
    for table in known_tables(record):
        assert "NaN" not in to_json(table)
        assert len(to_markdown(table).splitlines()) > len(table.rows)
        assert set(table.essential) < set(table.columns)


def test_the_section_draws_the_curves_over_theta(tmp_path, record):
    page = page_of(tmp_path, known=record)
    found = sections(page)[ANCHOR]
    charts = {f.all("b")[0].text: f.all("svg")[0] for f in found.all("figure")}
    assert list(charts) == ["Delta_E", "Retention and concordance", "DM loss", "Gradients"]
    for svg in charts.values():
        assert [t.text.split()[3] for t in svg.all("title")] == ["0", "0.0318", "1"]
    said = charts["Retention and concordance"].all("title")[-1].text
    assert "cos(theta): -1.00" in said
    assert "concordance: -1.0" in said
    assert "quadrature: 0.0" in charts["DM loss"].all("title")[1].text
    titles = {title.text for title in found.classed("title")}
    assert {table.title for table in known_tables(record)} == titles
    assert f"#{ANCHOR}" in [a.attributes["href"] for a in page.all("nav")[0].all("a")]


def test_theta_is_spaced_evenly(tmp_path, record):
    found = sections(page_of(tmp_path, known=record))[ANCHOR]
    dots = found.all("svg")[0].all("circle")
    at = sorted({float(dot.attributes["cx"]) for dot in dots})
    share = (at[1] - at[0]) / (at[2] - at[0])
    assert share == pytest.approx(0.1 / math.pi, abs=1e-3)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (Missing("known answers", "not run: python reproduce.py known"), "Not run: python"),
        (
            Missing("known answers", "damaged: record.json", damage="record.json is not it"),
            "Not shown: damaged:",
        ),
    ],
)
def test_without_a_record_the_section_says_why(tmp_path, known, words):
    found = sections(page_of(tmp_path, known=known))[ANCHOR]
    assert words in found.text
    assert not found.all("svg")


def test_a_page_may_do_without(tmp_path):
    assert ANCHOR not in sections(page_of(tmp_path))
