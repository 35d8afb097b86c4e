"""The page's section of the studies: tables and curves of the arms that are there, no others."""

from page_reader import read_page
from page_runs import chart_of, page_bytes, page_of, sections, tooltips
from report_runs import write_arm, write_study

from dmdrepro.experiments import STUDIES

RATES = STUDIES["learning-rate"]


def test_without_a_finished_arm_there_is_no_section(two_runs):
    page = page_of(two_runs)
    assert "studies" not in sections(page)
    assert "What the paper leaves open" not in page.all("nav")[0].text
    write_arm(two_runs, RATES, RATES.arms[0], 1, 0.5)  # of another seed than the page's
    assert "studies" not in sections(page_of(two_runs))


def test_a_study_has_its_question_tables_curves_and_origin(two_runs):
    page = page_of(write_study(two_runs, "learning-rate"))
    found = sections(page)["studies"]
    assert found.all("h2")[0].text == "What the paper leaves open"
    assert [h.text for h in found.all("h3")] == ["learning-rate (chessboard)"]
    assert RATES.question in found.text
    titles = [title.text for title in found.classed("title")]
    assert titles == ["Study learning-rate", "Along distillation", "Where the numbers come from"]
    rows = found.all("table")[0].all("tbody")[0].all("tr")
    assert [row.all("td", "th")[0].text for row in rows] == [arm.name for arm in RATES.arms]
    assert "seeds 0, 1." in found.classed("same")[0].text
    assert found.classed("legend")[0].text == "Arms: " + " ".join(a.name for a in RATES.arms)
    words = "python reproduce.py study learning-rate --seeds 0,1 --size laptop"
    assert found.all("pre")[0].text == words
    assert "#studies" in [a.attributes["href"] for a in page.all("nav")[0].all("a")]
    order = list(sections(page))
    assert order.index("studies") == order.index("experiment-chessboard") + 1


def test_every_arm_and_seed_is_a_line_over_the_path_in_its_arms_colour(two_runs):
    found = sections(page_of(write_study(two_runs, "learning-rate")))["studies"]
    retention, quality = (chart_of(found, name) for name in ("Retention", "Quality"))
    for svg in (retention, quality):
        lines = [g.attributes["class"] for g in svg.classed("line")]
        assert lines == [f"line c{k}" for k in range(5) for _ in "01"]
        assert svg.attributes["aria-label"].endswith("against the path")
    # After 100 iterations in a warm-up of 100: 20 updates at 0, 1, ..., 19 twentieths of 2e-4.
    assert "lr=2e-4, seed 1: 0.890" in tooltips(retention)["0.0019"]
    assert "lr=2e-4, seed 0: 2.00" in tooltips(quality)["0.0019"]
    assert "lr=2e-6, seed 0: 0.250" in tooltips(retention)["0"]  # Phi_1, where all of them start
    texts = [text.text for text in retention.all("text")]
    assert {"0", "1.9e-05", "path"} <= set(texts)


def test_seeds_that_lack_an_arm_are_named(two_runs):
    start = STUDIES["start"]
    write_arm(two_runs, start, start.arms[0], 0, 0.5)
    broken = write_arm(two_runs, start, start.arms[1], 0, 0.5)
    write_arm(two_runs, start, start.arms[1], 1, 0.5)
    (broken / "evaluate-4000/record.json").write_text("{}")
    found = sections(page_of(two_runs))["studies"]
    lacking = next(t for t in found.classed("table") if t.text.startswith("Not run"))
    said = [row.text for row in lacking.all("tbody")[0].all("tr")]
    assert len(said) == 4
    assert said[0].startswith("start=teacher 1 not run: python reproduce.py study start --seeds 1")
    assert all(words.startswith("start=exact") for words in said[2:])
    assert said[1].startswith("start=random 0 damaged: evaluate-4000")
    assert len(chart_of(found, "Retention").all("path")) == 2  # what is sound is drawn


def test_a_study_of_which_nothing_is_sound_says_so_without_curves(tmp_path):
    start = STUDIES["start"]
    broken = write_arm(tmp_path, start, start.arms[1], 0, 0.5)
    (broken / "evaluate-4000/record.json").write_text("{}")
    found = sections(page_of(tmp_path))["studies"]
    assert "damaged: evaluate-4000" in found.text
    assert not found.all("svg", "pre")


def test_equal_results_give_equal_bytes(two_runs):
    write_study(write_study(two_runs, "learning-rate"), "batch", (0,))
    page = page_bytes(two_runs)
    assert page == page_bytes(two_runs)
    assert [h.text for h in sections(read_page(page))["studies"].all("h3")] == [
        "learning-rate (chessboard)",
        "batch (chessboard)",
    ]
