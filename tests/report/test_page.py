"""The report as one page: stands alone, says what is missing, and no text becomes markup."""

import io

import pytest
from page_runs import LOSSES, kept, page_of, section, sections
from PIL import Image
from report_runs import PAIRING, list_again, rows_of, tables_in, write_run

from dmdrepro.experiments import REGISTRY
from dmdrepro.measures.students import collect
from dmdrepro.report import Picture
from dmdrepro.report.page.provenance import stages_table
from dmdrepro.runs.files import write_json
from dmdrepro.runs.results import open_results

HOSTILE = "</script><script>x</script>\"'<img src=//x.example/a onerror=x>&amp;\udcff"


def png(side: int = 3) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_whole_page_stands_alone_and_begins_with_the_answer(two_runs):
    page = page_of(two_runs, pictures=[Picture(2, "A caption.", ("chessboard",), png())])
    order = list(sections(page))
    assert order[:3] == ["answer", "experiment-mnist", "experiment-chessboard"]  # by figure
    assert page.all("table")[0].all("th")[0].text == "experiment"
    found = section(page, "chessboard").text
    assert "8.55 (section 3.3" in found
    assert "Delta_E 0.500, of an independent pairing 2.00" in found
    assert "python reproduce.py all chessboard --size laptop --seed 0" in found


def test_every_table_of_the_report_is_on_the_page(tmp_path):
    interval = {"value": -0.4, "low": -0.5, "high": -0.3}
    frechet = {"frechet_squared": 6.0, "precision": 0.75, "recall": 0.5}
    features = dict.fromkeys(("data", "teacher_1", "teacher_8", "teacher_32", "student"), frechet)
    features |= {"n": 1000, "draws": 5, "classifier": {"sha256": "ab" * 32, "accuracy": 0.9}}
    boundary = {"n": 1000, "level": 0.95, "pearson": interval, "spearman": interval}
    boundary |= {"classes": {"from": "labels"}, "per_class": [], "within_class": None}
    parts = kept((50, 0.25, 0.9)) | {"features": features, "boundary": boundary}
    write_run(tmp_path, "mnist", (512,), losses=LOSSES, **parts)
    error = {"sigma": [80.0], "relative_error": [0.5], "relative_to_signal": [0.25]}
    turn = {"degrees": -149.0, "concordance": 0.625}
    write_run(tmp_path, "ring", (4000,), denoiser_error=error, turn=turn)
    tables = tables_in(tmp_path).values()
    assert len(tables) == 12  # all that there are
    titles = [title.text for title in page_of(tmp_path).classed("title")]
    for table in tables:
        assert (table.title in titles) == (table.name != "verdict")  # of the paper's size alone


@pytest.mark.parametrize("size", ["smoke", "laptop"])
def test_a_reduced_run_says_so_first_and_gives_no_verdict(tmp_path, size):
    write_run(tmp_path, "chessboard", (4000,), size=size)
    page = page_of(tmp_path, size)
    assert f"This is a reduced run, the {size} size." in page.classed("banner")[0].text
    assert not page.classed("badge")


def test_at_the_papers_size_the_verdicts_are_counted(tmp_path):
    pairing = {**PAIRING, "delta_e": 8.0, "delta_e_null": 150.0}
    write_run(tmp_path, "chessboard", (20_000,), size="paper", pairing=pairing)
    page = page_of(tmp_path, "paper")
    words = page.classed("banner")[0].text
    assert words == "Of 15 numbers and claims of the paper: 1 reproduced, 14 not run."
    assert "reduced" not in section(page, "chessboard").text


def test_without_any_result_every_experiment_says_how_it_is_made(tmp_path):
    page = page_of(tmp_path, not_run={"mnist": "needs MNIST, which is absent"})
    (absent,) = [each for each in page.all("details") if each.attributes.get("id") == "not-run"]
    assert absent.all("summary")[0].text == f"Not run: {', '.join(REGISTRY)}"
    assert "python reproduce.py all ring --size laptop" in absent.text
    assert "needs MNIST, which is absent" in absent.text
    assert not page.all("svg")
    assert list(sections(page)) == ["slips"]


def test_a_damaged_experiment_says_which_file_and_the_others_are_shown(two_runs):
    (two_runs / "laptop/seed0/mnist/evaluate-512/record.json").write_text("{}")
    page = page_of(two_runs)
    words = section(page, "mnist").text
    assert "Not shown: damaged: evaluate-512" in words
    assert not section(page, "mnist").all("svg")
    assert section(page, "chessboard").all("svg")


def test_stages_that_are_gone_or_damaged_do_not_break_the_provenance(two_runs):
    folder = two_runs / "laptop/seed0/chessboard/teacher"
    assert "not there" in section(page_of(two_runs), "chessboard").text
    folder.mkdir()
    (folder / "manifest.json").write_text("no JSON")
    assert "damaged" in section(page_of(two_runs), "chessboard").text


def test_provenance_has_times_device_versions_and_the_changed_fields(tmp_path):
    facts = {"wall_s": 7325.0, "device": "a GPU", "torch": "9.9", "commit": "0123456789abcd+"}
    settings = {"distill.lr": "0.125", "teacher.snapshots": "10,20"}
    folder = write_run(tmp_path, "ring", (15,), settings=settings, provenance=facts)
    words = section(page_of(tmp_path), "ring").text
    for expected in ("2 h 02 min", "a GPU", "torch 9.9", "0123456789+", "not recorded"):
        assert expected in words
    assert " --set distill.lr=0.125" in words
    assert " --set teacher.snapshots=10,20" in words
    assert "distill.lr 0.125 0.0002" in words  # the configuration, with the usual value
    assert "--engine" not in words
    write_json(
        folder / "distill-15/record.json",
        {"engine": "graphs", "engine_option": "graphs", "provenance": facts},
    )
    list_again(folder / "distill-15")
    assert " --engine graphs" in section(page_of(tmp_path), "ring").text


def test_threads_and_engines_of_all_sittings_are_shown(tmp_path):
    folder = write_run(tmp_path, "ring", (4000,)) / "distill-4000"
    sittings = [
        {"threads": 2, "engine": "eager", "device": "cpu", "from": 0, "to": 5},
        {"threads": 1, "engine": "channels-last", "device": "cpu", "from": 5, "to": 9},
    ]
    facts = {"device": "cpu", "threads": 1, "sittings": sittings}
    write_json(folder / "record.json", {"engine": "channels-last", "provenance": facts})
    list_again(folder)
    results = open_results(tmp_path, "laptop", 0, ["ring"])
    students = collect({name: [result] for name, result in results.items()})
    row = next(r for r in rows_of(stages_table(students)) if r["stage"] == "distill")
    assert row["threads"] == "2, then 1"
    assert row["engine"] == "eager, then channels-last"
    assert row["device"] == "cpu"


def test_no_text_becomes_markup(tmp_path):
    write_run(tmp_path, "ring", (4000,), provenance={"device": HOSTILE, "commit": HOSTILE})
    pictures = [
        Picture(2, HOSTILE, ("chessboard",), None, HOSTILE),
        Picture(5, HOSTILE, ("moons", "ring"), png()),
    ]
    page = page_of(tmp_path, pictures=pictures, not_run={"moons": HOSTILE, HOSTILE: HOSTILE})
    assert len(page.all("script")) == 1
    assert len(page.all("img")) == 1
    assert page.text.count("onerror=x") >= 6


def test_a_figure_is_embedded_once_and_linked_where_it_belongs_too(two_runs):
    pictures = [
        Picture(3, "Two.", ("chessboard", "mnist"), png()),
        Picture(4, "One.", ("mnist",), None, "it has not been drawn; draw it"),
    ]
    page = page_of(two_runs, pictures=pictures)
    assert len(page.all("img")) == 1
    assert len(section(page, "mnist").all("img")) == 1
    links = [a.attributes["href"] for a in section(page, "chessboard").all("a")]
    assert "#figure-3" in links
    assert "Figure 4 is not shown: it has not been drawn" in section(page, "mnist").text
