"""Published records have the fields of today."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT

from dmdrepro.experiments import build


@pytest.mark.parametrize(
    "file", sorted((ROOT / "docs/published").glob("*.json")), ids=lambda p: p.stem
)
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
