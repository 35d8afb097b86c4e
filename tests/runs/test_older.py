"""Records that were made before a number was kept show it wherever they are read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.runs.older import with_concordance
from dmdrepro.runs.published import read_published


@pytest.fixture
def measured() -> dict:
    return pairing_inefficiency(*np.random.default_rng(0).standard_normal((2, 30, 3))).to_json()


def test_an_older_pairing_has_the_concordance_that_it_would_be_measured_with(measured):
    older = {name: value for name, value in measured.items() if name != "concordance"}
    record = {"pairing": older, "along": [{"iterations": 5, "pairing": older}], "null": None}
    found = with_concordance(record)
    for pairing in (found["pairing"], found["along"][0]["pairing"]):
        assert pairing["concordance"] == pytest.approx(measured["concordance"], abs=1e-12)
    assert "concordance" not in older


def test_what_is_there_or_cannot_be_known_stays(measured):
    kept = measured | {"concordance": 0.25}
    lacking = {"e_dt": [1.0, 2.0], "e_ind": [3.0, 4.0], "n": 100}
    record = {"pairing": kept, "over_n": [lacking], "pairing_untrained": {"e_dt": 1.0, "n": 3}}
    assert with_concordance(record) == record


@pytest.mark.parametrize("n", [1, 3])
def test_coinciding_samples_and_a_single_one_have_none(n):
    alike = {"e_dt": 0.0, "e_ind": 0.0, "n": n}
    assert np.isnan(with_concordance({"pairing": alike})["pairing"]["concordance"])


def test_published_records_are_read_so(tmp_path, measured):
    concordance = measured.pop("concordance")
    head = {"experiment": "ring", "size": "laptop", "seed": 0, "snapshot": 100, "config": {}}
    (tmp_path / "a.json").write_text(json.dumps(head | {"pairing": measured}))
    (found,) = read_published(tmp_path)["laptop", "ring"]
    assert found.record(100)["pairing"]["concordance"] == pytest.approx(concordance, abs=1e-12)
