"""What was not run, and why."""

from report_runs import rows_of, tables_in, write_run

from dmdrepro.experiments import REGISTRY


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
