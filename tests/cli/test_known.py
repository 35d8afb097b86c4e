"""`known` through the real CLI, and as a part of `all`."""

from dataclasses import replace

from command import SMOKE, command, record_of

from dmdrepro.stages import known_answers

WORDS = ("known", "--size", "smoke")
PLACE = "smoke/seed0/known"


def made(runs):
    return command(*WORDS, "--runs", runs)


def test_the_command_leaves_record_and_tables_and_prints_them(tmp_path):
    printed = made(tmp_path)
    for words in ("The circle: pairing over theta", "(Lemma 3.2)", "partly copied"):
        assert words in printed
    folder = tmp_path / PLACE
    files = {p.name for p in folder.iterdir() if p.is_file()}
    assert files == {"config.json", "record.json", "manifest.json"}
    tables = {p.stem for p in (folder / "tables").glob("*.csv")}
    assert tables == {"known_circle", "known_dm_loss", "known_pairs"}
    facts = record_of(tmp_path, "known")["provenance"]
    assert facts["device"] == "cpu"
    assert facts["wall_s"] > 0
    assert facts["commit"] is None or len(facts["commit"]) >= 40


def test_what_is_done_is_not_made_again_and_fresh_moves_it_aside(tmp_path):
    made(tmp_path)
    before = (tmp_path / PLACE / "record.json").read_bytes()
    assert "known answers: done already" in made(tmp_path)
    assert (tmp_path / PLACE / "record.json").read_bytes() == before
    command(*WORDS, "--runs", tmp_path, "--fresh")
    old = tmp_path / "smoke/seed0/known.old1"
    assert (old / "record.json").read_bytes() == before
    new, was = record_of(tmp_path, "known"), record_of(tmp_path, "known.old1")
    assert (new["circle"], new["pairs"]) == (was["circle"], was["pairs"])


def test_a_damaged_record_is_refused_in_one_sentence(tmp_path):
    made(tmp_path)
    file = tmp_path / PLACE / "record.json"
    file.write_text(file.read_text().replace("0.1", "0.2", 1))
    printed = command(*WORDS, "--runs", tmp_path, code=1)
    assert printed.count("Error: ") == 1
    assert "record.json is not the file that was written" in printed


def test_other_settings_are_refused_with_the_difference(tmp_path, monkeypatch):
    made(tmp_path)
    monkeypatch.setattr(known_answers, "SMOKE", replace(known_answers.SMOKE, draws=1))
    printed = command(*WORDS, "--runs", tmp_path, code=1)
    assert "made with another configuration (known.draws: 2 there, 1 now)" in printed


def test_all_makes_them_once_and_shows_them_on_the_page(tmp_path):
    printed = command("all", "ring", *SMOKE, "--runs", tmp_path)
    assert printed.count("known answers: done in") == 1
    page = tmp_path / "smoke/seed0/report.html"
    assert "Delta_E of pairs whose pairing is known" in page.read_text()
    assert (tmp_path / PLACE / "tables/known_pairs.md").is_file()
    again = command("all", "ring", *SMOKE, "--runs", tmp_path)
    assert again.count("known answers: done already") == 1
    # Damaged, they end neither the tables nor the page, but the command.
    (tmp_path / PLACE / "record.json").write_text("{}")
    last = command("all", "ring", *SMOKE, "--runs", tmp_path, code=1)
    assert "failed: known answers: " in last
    assert "Report: " in last
    assert "Not shown: " in page.read_text()
    for words in (("evaluate", "ring"), ("figures",)):
        printed = command(*words, *SMOKE, "--runs", tmp_path, code=1)
        assert "known answers is damaged: " in printed
