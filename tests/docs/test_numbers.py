"""Every number in the tables of README.md and docs/findings.md is its published record's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from page_tables import disagreement, tables

from dmdrepro.experiments import build
from dmdrepro.measures.loss import loss_at

FINDINGS, README = ROOT / "docs/findings.md", ROOT / "README.md"
PUBLISHED = ROOT / "docs/published"

# What a column holds, by the words at its head; several stand apart as in the head.
COLUMNS: dict[str, tuple[str, ...]] = {
    "Delta_E": ("pairing.delta_e",),
    "null": ("pairing.delta_e_null",),
    "retention": ("pairing.retention",),
    "concordance": ("pairing.concordance",),
    "remapped": ("pairing.remapped",),
    "concordance before distillation": ("pairing_untrained.concordance",),
    "retention before distillation": ("pairing_untrained.retention",),
    "Delta_E, null against Phi_32": ("pairing_phi_32.delta_e", "pairing_phi_32.delta_e_null"),
    "quality of G": ("quality.student.ratio",),
    "of Phi_8": ("quality.teacher_8.ratio",),
    "Frechet": ("features.student.frechet_squared",),
    "Frechet of G; of Phi_8": (
        "features.student.frechet_squared",
        "features.teacher_8.frechet_squared",
    ),
    "turn (degrees)": ("turn.degrees",),
    "error over signal at 80": ("denoiser_error.relative_to_signal.-1",),
    "concordance turned": ("turn.concordance",),
    "precision, recall": ("features.student.precision", "features.student.recall"),
}
BOUNDARY = {
    "displacement": "pearson",
    r"\|G - Phi_8\|": "pearson_student",
    r"\|G' - Phi_8\|": "pearson_student_repaired",
    "-\\|Phi_1 - Phi_8\\|": "pearson_start",
}


@dataclass(frozen=True)
class Source:
    """A table, and the numbers that its rows should show: column -> one list for each value."""

    page: Path
    heading: str
    columns: tuple[str, ...]  # its first ones: which of the section's tables it is
    expected: Callable[[Mapping[str, str]], Mapping[str, list[list[float]]]]


def record(name: str) -> dict:
    return json.loads((PUBLISHED / f"{name}.json").read_text())


def lookup(found: object, path: str) -> object:
    for key in path.split("."):
        if isinstance(found, list):
            found = found[int(key)]
        else:
            found = found.get(key) if isinstance(found, Mapping) else None
    return found


def spread(values: Sequence[float]) -> list[float]:
    """What a cell shows: the value, or of several mean, smallest, largest."""
    if len(values) == 1:
        return list(values)
    return [sum(values) / len(values), min(values), max(values)]


def columns(records: Sequence[Mapping]) -> dict[str, list[list[float]]]:
    """The columns that all records have."""
    shown = {}
    for head, paths in COLUMNS.items():
        found = [[lookup(r, path) for r in records] for path in paths]
        if all(isinstance(value, float | int) for values in found for value in values):
            shown[head] = [spread(values) for values in found]
    return shown


def stop(whole: Mapping, iterations: int) -> Mapping:
    """A record as it stood after so many iterations, under the names that its end has."""
    if whole["config"]["distill"]["iterations"] == iterations:
        return whole
    (point,) = (p for p in whole["along"] if p["iterations"] == iterations)
    return {
        "pairing": point["pairing"],
        "quality": {"student": point["quality"]},
        "features": {"student": point["features"]},
        "turn": point.get("turn"),
    }


def dm_loss(whole: Mapping, iterations: int) -> float:
    curve = (np.array(whole["loss_dm"][name]) for name in ("iteration", "value"))
    return loss_at(*curve, iterations)


def whole_number(cell: str) -> int:
    return int(cell.replace(",", ""))


def paper_chessboard_along(row: Mapping[str, str]) -> Mapping[str, list[list[float]]]:
    shown = {}
    for head in list(row)[2:]:
        seed = re.match(r"seed (\d)", head)[1]
        at = stop(record(f"paper-chessboard-20000-seed{seed}"), whole_number(row["iterations"]))
        values = columns([at])
        shown[head] = [*values["Delta_E"], *values["retention"], *values["quality of G"]]
    return shown


def over_n(row: Mapping[str, str]) -> Mapping[str, list[list[float]]]:
    n = whole_number(row["N"])
    (found,) = (p for p in record(f"paper-{row['toy']}-20000-seed0")["over_n"] if p["n"] == n)
    names = {"Delta_E": "delta_e", "null": "delta_e_null"}
    heads = ("Delta_E", "null", "retention", "concordance")
    return {head: [spread(found[names.get(head, head)])] for head in heads}


def of(name: str, which: str = "0, 1, 2", words: Mapping[str, str] | None = None) -> Callable:
    """Rows that show the records of `name`, whose braces stand for the row's cells.

    The seeds are the row's own where it has a column for them, else `which`; where it has a column
    of iterations, the records are as they stood then. `words`: how a cell begins -> what it is in
    the name.
    """

    def named(cell: str) -> str:
        known = (word for begins, word in (words or {}).items() if cell.startswith(begins))
        return next(known, cell.replace(",", ""))

    def expected(row: Mapping[str, str]) -> Mapping[str, list[list[float]]]:
        file = name.format(**{head: named(cell) for head, cell in row.items()})
        those = row.get("seeds") or row.get("seed") or which
        found = [record(f"{file}-seed{seed}") for seed in those.split(", ")]
        if "iterations" not in row:
            return columns(found)
        at = whole_number(row["iterations"])
        losses = [dm_loss(whole, at) for whole in found]
        return {**columns([stop(whole, at) for whole in found]), "DM loss": [spread(losses)]}

    return expected


FIGURE_11 = {
    "mnist (teacher 3,072)": "mnist-3072",
    "mnist-conditional": "mnist-conditional-2048",
    "mlp-manifold": "mlp-manifold-1536",
}


def figure_11(row: Mapping[str, str]) -> Mapping[str, list[list[float]]]:
    found = record(f"laptop-{FIGURE_11[row['set']]}-seed0")["boundary"]
    found = found["within_class"] if row["samples"] == "within" else found
    return {
        head: [[found[name][part] for part in ("value", "low", "high")]]
        for head, name in BOUNDARY.items()
    }


SOURCES = (
    Source(
        README,
        "What the laptop run found",
        ("experiment",),
        of("laptop-{experiment}-{teacher iterations}"),
    ),
    Source(
        FINDINGS,
        "Toys at the paper's size",
        ("toy", "seed"),
        of("paper-{toy}-20000", words={"chessboard at 2e-6": "chessboard@rate=2e-6"}),
    ),
    Source(FINDINGS, "Toys at the paper's size", ("iterations",), paper_chessboard_along),
    Source(FINDINGS, "The ring: a map", ("seed", "iterations"), of("paper-ring-20000")),
    Source(FINDINGS, "N, and the noise", ("toy", "N"), over_n),
    Source(
        FINDINGS,
        "What of that size keeps the pairing",
        ("arm",),
        of(
            "laptop-chessboard@{arm}",
            words={
                "laptop": "laptop-4000",
                "batch 512": "batch=512-4000",
                "width 384": "width=384-4000",
                "teacher of 20,000": "teacher=20000-20000",
                "1e-4": "lr=1e-4-4000",
            },
        ),
    ),
    Source(
        FINDINGS,
        "An exact teacher",
        ("real score",),
        of(
            "laptop-chessboard@{real score}-4000",
            words={"trained": "score=teacher", "exact": "score=exact", "both": "all=exact"},
        ),
    ),
    Source(
        FINDINGS,
        "Path or size of the steps",
        ("rate",),
        of("laptop-chessboard@lr={rate}-4000"),
    ),
    Source(
        FINDINGS,
        "Path or size of the steps",
        ("seed", "rate"),
        of("laptop-chessboard@lr={rate}-4000"),
    ),
    Source(FINDINGS, "The same on images", ("rate", "seed"), of("laptop-mnist@lr={rate}-3072")),
    Source(
        FINDINGS,
        "A better teacher",
        ("teacher iterations",),
        of("laptop-mnist@teacher={teacher iterations}-{teacher iterations}"),
    ),
    Source(
        FINDINGS,
        "More coordinates",
        ("coordinates",),
        of("laptop-chessboard@dim={coordinates}-4000", "0"),
    ),
    Source(
        FINDINGS,
        "The dimension of the manifold",
        ("dimensions",),
        of("laptop-mlp-manifold@latent={dimensions}-1536"),
    ),
    Source(
        FINDINGS,
        "Distilled for longer",
        ("dimensions",),
        of("laptop-mlp-manifold@latent={dimensions},its=8000-1536"),
    ),
    Source(
        FINDINGS, "A regression loss", ("weight",), of("laptop-chessboard@regression={weight}-4000")
    ),
    Source(
        FINDINGS,
        "A student that does not start",
        ("start", "Delta_E"),
        of("laptop-chessboard@start={start}-4000"),
    ),
    Source(
        FINDINGS,
        "A student that does not start",
        ("start", "iterations"),
        of("laptop-mlp-manifold@start={start}-1536"),
    ),
    Source(
        FINDINGS,
        "The adversarial loss",
        ("GAN loss",),
        of("laptop-mlp-manifold@gan={GAN loss}-1536"),
    ),
    Source(FINDINGS, "Figure 11 by class", ("set",), figure_11),
    Source(
        FINDINGS,
        "The null of class-conditional sets",
        ("measured set",),
        of("class-null/laptop-{measured set}-{teacher iterations}"),
    ),
)


def rows_of(source: Source) -> list[dict[str, str]]:
    (rows,) = (
        rows
        for heading, rows in tables(source.page)
        if heading.startswith(source.heading)
        and rows
        and tuple(rows[0])[: len(source.columns)] == source.columns
    )
    return rows


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: f"{s.page.stem}: {s.heading}")
def test_a_tables_numbers_are_those_of_its_records(source):
    wrong, checked = [], 0
    for row in rows_of(source):
        expected = source.expected(row)
        for head, values in expected.items():
            if head not in row or row[head] in ("", "-"):
                continue
            between = "; " if "; " in head else ", "
            parts = row[head].split(between) if len(values) > 1 else [row[head]]
            assert len(parts) == len(values), (head, row[head])
            for part, numbers in zip(parts, values, strict=True):
                checked += 1
                if what := disagreement(part, numbers):
                    wrong.append(f"{list(row.values())[:2]}: {head}: {what}")
    assert not wrong, "\n".join(wrong)
    assert checked >= 4


def test_every_table_of_measured_pairings_is_checked():
    covered = [rows_of(source) for source in SOURCES]
    for page in (README, FINDINGS):
        for heading, rows in tables(page):
            if rows and {"Delta_E", "retention", "concordance"} & set(rows[0]):
                assert rows in covered, f"{page.name}, {heading}: {list(rows[0])}"


@pytest.mark.parametrize("file", sorted(PUBLISHED.glob("*.json")), ids=lambda p: p.stem)
def test_a_published_record_has_the_fields_of_today(file):
    """Whoever adds a field to an experiment adds it here, with the value that the program had."""
    found = json.loads(file.read_text())
    today = build(found["experiment"], found["size"], found["seed"]).as_dict()
    unused = set() if found.get("over_n") else {".sampling.sizes", ".sampling.sets"}
    assert leaves(found["config"]) | unused == leaves(today)
    pairings = [found["pairing"], *(stop["pairing"] for stop in found["along"])]
    assert all({"concordance", "gap", "solver"} <= set(pairing) for pairing in pairings)


def leaves(config: object, prefix: str = "") -> set[str]:
    if not isinstance(config, dict):
        return {prefix}
    return set().union(*(leaves(value, f"{prefix}.{key}") for key, value in config.items()))
