"""The paper's Delta_E beside ours, no reduced run posing as the paper's; and what was not run."""

import math

import pytest
from report_runs import PAIRING, list_again, rows_in, rows_of, tables_in, write_run

from dmdrepro.experiments import REGISTRY
from dmdrepro.measures.expected import PAPER_NUMBERS, paper_number
from dmdrepro.measures.table import Band

NAME = "paper_and_ours"


def rows(runs, size="laptop", seed=0, experiment=None):
    return [r for r in rows_in(runs, NAME, size, seed) if experiment in (None, r["experiment"])]


def notes(runs, size="laptop", seed=0):
    return " ".join(tables_in(runs, size, seed)[NAME].notes)


def test_the_papers_numbers_are_the_papers():
    assert {
        (n.experiment, n.teacher_iterations): n.delta_e for n in PAPER_NUMBERS if n.delta_e
    } == {
        ("chessboard", None): 8.55,
        ("mnist", 1024): 1.05,
        ("mnist", 2048): 0.389,
        ("mnist", 4096): 0.237,
        ("mnist", 8192): 0.0367,
    }
    assert paper_number("chessboard", 123).delta_e == 8.55
    assert paper_number("mnist", 3072).delta_e is None
    assert paper_number("mnist", 512) is None


def test_without_any_run_every_number_of_the_paper_is_not_run(tmp_path):
    found = rows(tmp_path, "paper")
    assert len(found) == len(PAPER_NUMBERS)
    assert {r["Delta_E"] for r in found} == {"not run"}
    assert {r["paper Delta_E"] for r in found} >= {8.55, 1.05, 0.389, 0.237, 0.0367, "figure only"}


def test_a_run_at_the_papers_size_stands_beside_the_papers_number(tmp_path):
    write_run(tmp_path, "mnist", (1024, 8192), size="paper")
    found = rows(tmp_path, "paper", experiment="mnist")
    assert [r["teacher iterations"] for r in found] == [1024, 2048, 3072, 4096, 6144, 8192]
    ours = found[-1]
    assert ours["size"] == "paper size"
    assert ours["paper Delta_E"] == 0.0367
    assert ours["Delta_E"] == 0.5
    assert ours["null"] == 2.0
    assert ours["retention"] == 0.75
    assert (ours["Delta_E untrained"], ours["retention untrained"]) == (0.02, 0.25)
    assert (ours["quality student"], ours["quality Phi_8"]) == (1.5, 1.1)
    assert (ours["student iterations"], ours["student lr"]) == (50_000, 2e-6)
    assert (ours["N"], ours["seeds"]) == (1000, "0")
    assert [r["Delta_E"] for r in found[1:-1]] == ["not run"] * 4


@pytest.mark.parametrize("size", ["laptop", "smoke"])
def test_a_reduced_run_is_never_presented_as_the_papers_number(tmp_path, size):
    write_run(tmp_path, "chessboard", (4000,), size=size)
    write_run(tmp_path, "mnist", (512, 8192), size=size)
    for row in rows(tmp_path, size):
        measured = not isinstance(row["Delta_E"], str)
        assert measured == (row["size"] == f"{size} size (reduced)" or "changed" in row["size"])
        if measured:
            assert not isinstance(row["paper Delta_E"], float), row
    assert rows(tmp_path, size, experiment="chessboard")[0]["paper Delta_E"] == "(8.55)"
    assert [r["paper Delta_E"] for r in rows(tmp_path, size, experiment="mnist")] == [
        "none", 1.05, 0.389, "figure only", 0.237, "figure only", "(0.0367)"
    ]  # fmt: skip
    assert "parentheses" in notes(tmp_path, size)


def test_a_changed_run_at_the_papers_size_says_so_and_how(tmp_path):
    write_run(tmp_path, "mnist", (8192,), size="paper", settings={"distill.iterations": "100"})
    row = rows(tmp_path, "paper", experiment="mnist")[-1]
    assert row["size"] == "paper size, changed"
    assert row["paper Delta_E"] == "(0.0367)"
    assert "distill.iterations 100 instead of 50000" in notes(tmp_path, "paper")


def test_keeping_fewer_snapshots_changes_no_student(tmp_path):
    write_run(tmp_path, "mnist", (8192,), size="paper", settings={"teacher.snapshots": "8192"})
    row = rows(tmp_path, "paper", experiment="mnist")[-1]
    assert (row["size"], row["paper Delta_E"]) == ("paper size", 0.0367)


def test_a_snapshot_that_the_size_does_not_have_is_a_change(tmp_path):
    write_run(tmp_path, "ring", (7,), size="paper", settings={"teacher.snapshots": "7"})
    assert rows(tmp_path, "paper", experiment="ring")[0]["size"] == "paper size, changed"


def test_several_seeds_give_mean_smallest_and_largest_and_say_which(tmp_path):
    for seed, delta_e in ((0, 1.0), (2, 4.0), (11, 1.0)):
        pairing = PAIRING | {"delta_e": delta_e}
        write_run(tmp_path, "chessboard", (4000,), seed=seed, pairing=pairing)
    row = rows(tmp_path, experiment="chessboard")[0]
    assert row["Delta_E"] == Band(2.0, 1.0, 4.0)
    assert row["retention"] == Band(0.75, 0.75, 0.75)
    assert row["seeds"] == "0, 2, 11"
    assert row["N"] == 1000


def test_a_seed_of_another_configuration_is_left_out_and_named(tmp_path):
    write_run(tmp_path, "chessboard", (4000,))
    write_run(tmp_path, "chessboard", (4000,), seed=1, settings={"distill.lr": "0.5"})
    row = rows(tmp_path, experiment="chessboard")[0]
    assert (row["Delta_E"], row["seeds"]) == (0.5, "0")
    assert "seed 1 is left out, it has distill.lr 0.5 instead of 0.0002" in notes(tmp_path)
    other = rows(tmp_path, seed=1, experiment="chessboard")[0]
    assert (other["size"], other["seeds"]) == ("laptop size (reduced), changed", "1")


def test_other_seeds_do_not_stand_in_for_the_one_asked_for(tmp_path):
    write_run(tmp_path, "chessboard", (4000,), seed=1)
    assert rows(tmp_path, experiment="chessboard")[0]["Delta_E"] == "not run"


def test_infinite_and_undefined_numbers_survive_the_record(tmp_path):
    pairing = PAIRING | {"delta_e": math.inf, "delta_e_null": "inf", "retention": "nan"}
    write_run(tmp_path, "ring", (4000,), pairing=pairing)
    row = rows(tmp_path, experiment="ring")[0]
    assert row["Delta_E"] == row["null"] == math.inf
    assert math.isnan(row["retention"])


def test_a_record_without_a_part_leaves_its_cells_empty(tmp_path):
    write_run(tmp_path, "ring", (4000,), quality=None, pairing_untrained=None)
    row = rows(tmp_path, experiment="ring")[0]
    assert (row["quality student"], row["Delta_E untrained"]) == (None, None)


def test_a_damaged_run_is_not_shown_and_its_file_is_named(tmp_path):
    folder = write_run(tmp_path, "ring", (4000,))
    write_run(tmp_path, "chessboard", (4000,))
    change(folder / "evaluate-4000" / "record.json")
    assert [r["Delta_E"] for r in rows(tmp_path, experiment="ring")] == ["not run"]
    assert rows(tmp_path, experiment="chessboard")[0]["Delta_E"] == 0.5
    (row,) = (r for r in rows_in(tmp_path, "not_run") if r["experiment"] == "ring")
    assert row["what"] == "everything"
    assert row["why"].startswith("damaged: evaluate-4000/record.json")


def test_a_damaged_seed_is_left_out_of_the_mean_and_named(tmp_path):
    write_run(tmp_path, "ring", (4000,))
    other = write_run(tmp_path, "ring", (4000,), seed=1, pairing=PAIRING | {"delta_e": 1.0})
    assert rows(tmp_path, experiment="ring")[0]["seeds"] == "0, 1"
    change(other / "evaluate-4000" / "record.json")
    row = rows(tmp_path, experiment="ring")[0]
    assert (row["Delta_E"], row["seeds"]) == (0.5, "0")
    assert "seed 1 is left out, damaged: evaluate-4000/record.json" in notes(tmp_path)


def test_a_new_student_is_not_shown_with_the_old_evaluation(tmp_path):
    folder = write_run(tmp_path, "ring", (4000,))
    other = write_run(tmp_path, "ring", (4000,), seed=1)
    for run in (folder, other):
        student = run / "distill-4000"
        (student / "student.safetensors").write_text("another")
        list_again(student)
    assert [r["Delta_E"] for r in rows(tmp_path, experiment="ring")] == ["not run"]
    why = next(r["why"] for r in rows_in(tmp_path, "not_run") if r["experiment"] == "ring")
    assert "run `python reproduce.py sample ring --size laptop --seed 0 --fresh`" in why


def change(record):
    """A number of a record, by hand."""
    text = record.read_text()
    assert "0.75" in text
    record.write_text(text.replace("0.75", "0.95"))


def not_run(runs, size="laptop", reasons=None):
    rows = rows_of(tables_in(runs, size, not_run=reasons)["not_run"])
    return {(r["experiment"], r["what"]): r["why"] for r in rows}


def test_every_experiment_without_results_is_listed_with_how_to_make_it(tmp_path):
    found = not_run(tmp_path, "paper")
    assert {name for name, _ in found} == set(REGISTRY)
    assert found["imagenet64", "everything"].startswith("needs weights: python reproduce.py all")
    assert "python reproduce.py all ring --size paper" in found["ring", "everything"]


def test_the_reason_of_this_command_comes_first(tmp_path):
    found = not_run(tmp_path, reasons={"mnist": "needs MNIST, which is absent"})
    assert found["mnist", "everything"] == "needs MNIST, which is absent"


def test_students_that_were_planned_and_not_evaluated_are_listed(tmp_path):
    write_run(tmp_path, "mnist", (512,))
    found = not_run(tmp_path, reasons={"mnist": "stopped: the loss is nan"})
    assert found["mnist", "student of the teacher at 3,072 iterations"] == "not evaluated yet"
    assert found["mnist", "what is left to do"] == "stopped: the loss is nan"
    assert ("mnist", "everything") not in found


def test_a_reduced_report_lists_the_papers_size_as_not_run(tmp_path):
    assert "--size paper" in not_run(tmp_path)["all experiments", "the paper's size"]
    assert ("all experiments", "the paper's size") not in not_run(tmp_path, "paper")
