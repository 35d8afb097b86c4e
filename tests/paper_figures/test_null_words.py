"""Headings of figures say what the null is over."""

from __future__ import annotations

import pytest
from fake_runs import write_run

from dmdrepro.paper_figures import FIGURES
from dmdrepro.paper_figures.run import last_run
from dmdrepro.paper_figures.words import pairing_words
from dmdrepro.runs.files import read_json, write_json, write_manifest
from dmdrepro.runs.results import open_results


@pytest.mark.parametrize(
    ("null", "data", "said"),
    [
        ("second draw", {"classes": 10}, "(second draw)"),
        ("class", {"classes": 10}, "(class)"),
        (None, {"classes": 10}, "(all pairs)"),
    ],
)
def test_the_heading_of_a_conditional_run_names_it(tmp_path, null, data, said):
    folder = write_run(tmp_path, "mlp-manifold") / "evaluate-3072"
    record = read_json(folder / "record.json")
    record["config"]["data"] = data
    if null is not None:
        record["pairing"]["null"] = null
    write_json(folder / "record.json", record)
    names = list(verify_names(folder))
    write_manifest(folder, names)
    results = open_results(tmp_path, "laptop", 0, ["mlp-manifold", "mnist-conditional"])
    words = pairing_words(last_run(results, "mlp-manifold").pairing())[1]
    assert words.endswith(said)
    texts = FIGURES[8].draw(results).findobj(lambda artist: hasattr(artist, "get_text"))
    assert any(said in text.get_text() for text in texts)


def verify_names(folder):
    (folder / "manifest.json").unlink()
    return sorted(p.name for p in folder.iterdir())


def test_an_unconditional_heading_is_as_before(tmp_path):
    write_run(tmp_path, "mnist")
    results = open_results(tmp_path, "laptop", 0, ["mnist"])
    words = pairing_words(last_run(results, "mnist").pairing())
    assert "(" not in words[1]
    assert pairing_words({**last_run(results, "mnist").record("pairing"), "null": "all"}) == words
