"""Published records have the fields of today."""

import json

from conftest import ROOT

from dmdrepro.experiments import as_of_now, build, leaves


def test_every_published_record_has_the_fields_of_today():
    """A field that was added since says what the program did before it (`settings.added`)."""
    for file in sorted((ROOT / "docs/published").glob("*.json")):
        found = json.loads(file.read_text())
        today = build(found["experiment"], found["size"], found["seed"]).as_dict()
        unused = set() if found.get("over_n") else {"sampling.sizes", "sampling.sets"}
        assert leaves(as_of_now(found["config"])).keys() | unused == leaves(today).keys(), file.name
        pairings = [found["pairing"], *(stop["pairing"] for stop in found["along"])]
        assert all({"concordance", "gap", "solver"} <= set(pairing) for pairing in pairings)
