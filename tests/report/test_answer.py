"""The answer in words: the rule of each word, the sentences, and how short it is."""

import io

import pytest
from conftest import ROOT
from report_runs import PAIRING, write_run
from rich.console import Console

from dmdrepro.experiments import REGISTRY
from dmdrepro.measures import evaluation
from dmdrepro.measures.expected import PaperNumber
from dmdrepro.measures.pairing import sentence
from dmdrepro.measures.students import collect
from dmdrepro.report import all_seeds, render_terminal
from dmdrepro.report.answer import answer, answer_table, answers
from dmdrepro.report.verdict import verdict
from dmdrepro.runs.published import of_size, read_published

GOOD = {"n": 1000, "student": {"ratio": 1.5}, "teacher_8": {"ratio": 1.1}}


def student(tmp_path, *, pairing=(), experiment="chessboard", seeds=(0,), **parts):
    changes = pairing if isinstance(pairing, list) else [dict(pairing)] * len(seeds)
    for seed, change in zip(seeds, changes, strict=True):
        write_run(tmp_path, experiment, (4000,), seed=seed, pairing={**PAIRING, **change}, **parts)
    (found,) = collect(all_seeds(tmp_path, "laptop", seeds[0]))
    return found


@pytest.mark.parametrize(
    ("retention", "word"),
    [(1.0, "COPIES"), (0.91, "COPIES"), (0.89, "PARTLY"), (0.51, "PARTLY"), (0.49, "REMAPS"),
     (0.0, "REMAPS"), (-0.8, "REMAPS")],
)  # fmt: skip
def test_the_word_follows_from_the_share_of_the_null(tmp_path, retention, word):
    kept = {"retention": retention, "delta_e": 20 * (1 - retention), "delta_e_null": 20.0}
    assert answer(student(tmp_path, pairing=kept)).word == word


def test_over_seeds_word_and_verdict_are_by_the_ratio_of_the_medians(tmp_path):
    """Of these the median share is 0.05, which would be copying."""
    seeds = [{"delta_e": d, "delta_e_null": n} for d, n in ((1.0, 20.0), (3.0, 15.0), (2.0, 40.0))]
    found = student(tmp_path, pairing=seeds, seeds=(0, 1, 2))
    assert answer(found).word == "PARTLY"
    number = PaperNumber("chessboard", "", delta_e=2.0)
    values = ([s[name] for s in seeds] for name in ("delta_e", "delta_e_null"))
    assert verdict(number, *values, [1.0], [1.0])[1].startswith("partly")


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"quality": {**GOOD, "student": {"ratio": 1.7}}}, "NO SAMPLER"),
        ({"quality": {**GOOD, "student": {"ratio": 1.6}}}, "PARTLY"),
        ({"pairing": {"retention": "nan", "concordance": "nan"}}, "SAYS NOTHING"),
        ({"pairing": {"delta_e": 0.001, "delta_e_null": 0.09}}, "SAYS NOTHING"),
        ({"pairing": {"delta_e": 0.09, "delta_e_null": 0.09}}, "SAYS NOTHING"),
        ({"pairing": {"warnings": ["The student hardly varies: ..."]}}, "SAYS NOTHING"),
        ({"pairing": {"warnings": ["The teacher hardly varies: ..."]}}, "PARTLY"),
        ({"pairing": {"n": 7}}, "SAYS NOTHING"),
        ({"pairing": {"n": 8}}, "PARTLY"),
    ],
)
def test_a_student_that_draws_no_samples_is_no_copy(tmp_path, parts, word):
    found = student(tmp_path, **parts)
    assert answer(found).word == word
    assert f"): {word}. " in sentence(found)  # of the page


COLLAPSED = {"delta_e": 0.0, "delta_e_null": 0.0, "warnings": ["The student hardly varies: ..."]}


@pytest.mark.parametrize("retention", [0.9, "nan"])  # nan: it is constant
def test_half_of_the_seeds_have_to_collapse_for_an_answer_that_says_nothing(tmp_path, retention):
    seeds = [{}, {}, COLLAPSED | {"retention": retention}]
    found = answer(student(tmp_path / "one", pairing=seeds, seeds=(0, 1, 2)))
    assert found.sentence.startswith("chessboard (teacher 4,000): PARTLY. Seed 2 alone: SAYS NOTH")
    seeds[1] = seeds[2]
    most = answer(student(tmp_path / "two", pairing=seeds, seeds=(0, 1, 2)))
    assert most.word == "SAYS NOTHING"
    assert "Seed 0 alone: PARTLY." in most.sentence


def test_distances_to_the_data_are_over_the_seeds_that_have_them(tmp_path):
    sets = {"student": {"frechet_squared": 1e4}, "teacher_8": {"frechet_squared": 20.0}}
    about = {"classifier": {"sha256": "ab" * 32, "accuracy": 0.99}, "n": 1000, "draws": 5}
    for seed, features in enumerate((about | sets, about | sets, None)):
        write_run(tmp_path, "mnist", (512,), seed=seed, features=features)
    (found,) = collect(all_seeds(tmp_path, "laptop", 0))
    assert answer(found).word == "NO SAMPLER"
    assert "Seed 2 alone: PARTLY." in answer(found).sentence
    assert "Frechet 10,000, teacher 20." in answer(found).sentence


def test_an_image_student_that_has_not_left_its_start_is_no_sampler():
    """By the quality ratio, which rewards blur, it would be as good as its teacher."""
    runs = of_size(published(), "laptop", ["learning-rate-images/lr=2e-6"])
    (found,) = collect(runs)
    assert answer(found).word == "NO SAMPLER"
    assert "): NO SAMPLER. " in sentence(found)


def test_the_sentence_of_one_seed_and_of_several(tmp_path):
    change = [{"concordance": c, "remapped": r} for c, r in ((0.8, 0.1), (0.9, 0.3), (0.7, 0.2))]
    one = answer(student(tmp_path / "one", pairing=[change[0]])).sentence
    assert one == (
        "chessboard (teacher 4,000): PARTLY. The squared distance to the teacher's own sample is "
        "20% of that to another's; 900 of 1,000 are optimally paired. Distance to the data 1.5 "
        "times that of other data, teacher 1.1. Paper, at its size: Delta_E 8.55."
    )
    several = answer(student(tmp_path / "three", pairing=change, seeds=(0, 1, 2))).sentence
    assert "is 20% (3 seeds: 10 to 30) of that to another's; 700 to 900 of 1,000" in several


def test_a_map_that_was_turned_is_said_to_be(tmp_path):
    turn = {"degrees": -178.0, "concordance": 0.75}
    found = answer(student(tmp_path, pairing={"concordance": -0.8}, turn=turn))
    assert "is 180% of that" in found.sentence
    assert "Turned by -178 degrees it is 25%." in found.sentence


def published():
    return read_published(ROOT / "docs/published", evaluation())


def test_of_the_published_laptop_runs_it_fits_into_forty_lines_of_eighty_columns():
    students = collect(of_size(published(), "laptop", list(REGISTRY)))
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(render_terminal(answer_table(students)))
    for found in answers(students):
        console.print(found.sentence)
    lines = console.export_text().splitlines()
    assert len(lines) <= 37  # and three about files
    assert max(map(len, lines)) <= 80
    assert [line.split()[-1] for line in lines if "mnist " in line][:2] == ["COPIES", "COPIES"]
    words = {found.student.experiment: found.word for found in answers(students)}
    assert words["chessboard"] == "REMAPS"
    assert words["mlp-manifold"] == "COPIES"


@pytest.mark.parametrize(
    "parts",
    [
        {"quality": {"n": 1000, "student": {"ratio": 1.5}, "teacher_8": {"ratio": 0.0}}},
        {"pairing": {"remapped": "nan"}},
        {"pairing": {"delta_e": None, "remapped": None, "concordance": None}},
        {"turn": {"concordance": 0.99}},
        {"turn": {"degrees": "nan", "concordance": "nan"}},
        {"quality": None},
    ],
)
def test_what_a_record_lacks_is_left_unsaid(tmp_path, parts):
    sentence = answer(student(tmp_path, **parts)).sentence
    assert not {"nan", "inf", "all"} & set(sentence.replace("%", " ").split())


def test_a_move_that_costs_nothing_is_still_one(tmp_path):
    found = answer(student(tmp_path, pairing={"delta_e": 0.0, "remapped": 0.03}))
    assert "970 of 1,000 are optimally paired" in found.sentence


def test_a_null_over_all_classes_is_said_to_be(tmp_path):
    found = student(tmp_path, experiment="mnist-conditional")
    assert "another's of any class, which counts the shared class as kept" in answer(found).sentence
    assert any("all" in note for note in answer_table([found]).notes)


def test_a_seed_whose_own_answer_is_another_is_named_once(tmp_path):
    kept = [{"delta_e": d, "delta_e_null": 20.0} for d in (0.0, 0.1, 18.0)]
    found = student(tmp_path, pairing=kept, seeds=(0, 1, 2))
    assert answer(found).sentence.startswith("chessboard (teacher 4,000): COPIES. Seed 2 alone: ")
    assert "chessboard, seed 2 alone: REMAPS." in answer_table([found]).notes
    assert not any("alone" in note for note in answer_table([found], said=[found]).notes)
    alike = student(tmp_path / "alike", pairing=kept[:2], seeds=(0, 1))
    assert "alone" not in answer(alike).sentence


def test_json_has_a_number_a_seed(tmp_path):
    found = answer(student(tmp_path, pairing={"delta_e": "inf"}, seeds=(0, 3))).to_json()
    assert found["seeds"] == [0, 3]
    assert found["delta_e"] == ["inf", "inf"]
    assert found["answer"] == "SAYS NOTHING"  # no share of the null
