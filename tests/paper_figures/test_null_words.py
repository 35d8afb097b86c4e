"""Headings of figures say what the null is over."""

import pytest
from fake_runs import made, write_run
from report_runs import list_again

from dmdrepro.paper_figures import FIGURES
from dmdrepro.paper_figures.run import last_run
from dmdrepro.paper_figures.words import pairing_words
from dmdrepro.runs.files import read_json, write_json
from dmdrepro.runs.results import open_results


@pytest.mark.parametrize(
    ("null", "said"),
    [("second draw", "(second draw)"), ("class", "(class)"), ("all", "(all pairs)")],
)
def test_the_heading_of_a_conditional_run_names_it(tmp_path, null, said):
    folder = write_run(tmp_path, "mlp-manifold") / "evaluate-3072"
    record = read_json(folder / "record.json")
    record["config"]["data"] = {"classes": 10}
    record["pairing"]["null"] = null
    write_json(folder / "record.json", record)
    list_again(folder)
    results = open_results(tmp_path, "laptop", 0, ["mlp-manifold", "mnist-conditional"])
    words = pairing_words(last_run(results, "mlp-manifold").pairing())[1]
    assert words.endswith(said)
    texts = FIGURES[8].draw(results).findobj(lambda artist: hasattr(artist, "get_text"))
    assert any(said in text.get_text() for text in texts)


def test_an_unconditional_heading_is_as_before(tmp_path):
    run = last_run(made(tmp_path, "mnist"), "mnist")
    words = pairing_words(run.pairing())
    assert "(" not in words[1]
    assert pairing_words({**run.record("pairing"), "null": "all"}) == words
