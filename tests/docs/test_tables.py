"""The measured numbers of the pages are the records': `python docs/tables.py` changes nothing."""

import json
import re
import runpy

import pytest
from conftest import ROOT

TABLES = runpy.run_path(str(ROOT / "docs/tables.py"))
written, number = TABLES["written"], TABLES["number"]
SEEDS = [f"laptop-mnist@lr=2e-4-3072-seed{seed}" for seed in (0, 1, 2)]


def paper(toy: str, seeds: str) -> list[str]:
    return [f"paper-{toy}-20000-seed{seed}" for seed in seeds]


@pytest.mark.parametrize("page", TABLES["PAGES"], ids=lambda page: page.name)
def test_the_pages_tables_are_those_of_the_records(page):
    text = page.read_text()
    assert text == written(text)
    loose = re.sub(TABLES["MARKED"], "", text)
    heads = [line for line in loose.splitlines() if line.startswith("| ")]
    measured = [h for h in heads if {"Delta_E", "retention", "concordance"} & set(h.split(" | "))]
    if page.name != "choices.md":  # which has two from before there were records
        assert not measured, "these tables name no records"


def test_numbers_are_written_and_labels_stay():
    page = (
        "A line.\n\n<!-- records: laptop-{toy}-4000; a ring is ring -->\n"
        "| toy | retention | Delta_E, null against Phi_32 | seeds | as \\| ever |\n"
        "|---|---|---|---|---|\n"
    )
    bare = "| a ring | 9 | | 0, 1, 2 | x |\n| moons | | | 1 | |\n\n| a |\n"
    assert written(page + bare) == page + (
        "| a ring | -0.128 [-0.823, 0.287] | 74.5 [49.4, 118], 67.2 [58.1, 78.6] | 0, 1, 2 | x |\n"
        "| moons | 0.344 | 90.1, 138 | 1 |  |\n\n| a |\n"
    )


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.3649, 3, "0.365"),
        (17_900.2, None, "17,900"),
        (9.996, None, "10.0"),
        (0.000749, None, "0.0007"),
        (0.00004, None, "0"),
        (-0.0004, 3, "0"),
        (-148.7, 0, "-149"),
        (0.0, None, "0"),
    ],
)
def test_a_number_has_three_digits_and_four_decimals_at_most(value, decimals, text):
    assert number(value, decimals) == text


FOUND = "docs/findings.md"


@pytest.mark.parametrize(
    ("page", "words", "records", "entry"),
    [
        (FOUND, "Delta_E 5.96, 17.7 and 18.9", paper("chessboard", "102"), "delta_e"),
        (FOUND, "retention 0.82, 0.36 and 0.47", paper("chessboard", "102"), "retention"),
        (FOUND, "moons (14.2, 25.7 and 37.3)", paper("moons", "021"), "delta_e"),
        (FOUND, "ring (14.2, 28.9 and 31.3)", paper("ring", "021"), "delta_e"),
        ("README.md", "ours are 5.96, 17.7 and 18.9", paper("chessboard", "102"), "delta_e"),
        (FOUND, "Delta_E 0.06, 1.13 and 0.79", SEEDS, "delta_e"),
        (FOUND, "retention is 0.97, 0.18 and 0.44", SEEDS, "retention"),
        (FOUND, "concordance 0.67, 0.10 and 0.26", SEEDS, "concordance"),
    ],
)
def test_a_sentences_numbers_are_the_records(page, words, records, entry):
    assert words in " ".join((ROOT / page).read_text().split())
    for text, name in zip(re.findall(r"\d+\.\d+", words), records, strict=True):
        record = json.loads((ROOT / "docs/published" / f"{name}.json").read_text())
        assert f"{record['pairing'][entry]:.{len(text.partition('.')[2])}f}" == text


def test_the_commit_of_the_ways_of_a_step_is_the_records():
    commit = json.loads((ROOT / "docs/bench_steps.json").read_text())["provenance"]["commit"]
    assert commit[:7] in (ROOT / "docs/performance.md").read_text()
