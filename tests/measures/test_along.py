"""The tables along distillation and of turned teachers, and the path length beside them."""

import pytest
from report_runs import PAIRING, rows_in, stop, tables_in, write_run

from dmdrepro.measures.along import path_length
from dmdrepro.measures.table import Band

NAME = "along_distillation"


@pytest.mark.parametrize("iterations", [0, 1, 4, 5, 6, 49, 50, 51, 100, 503])
@pytest.mark.parametrize("warmup", [0, 1, 50, 52, 1000])
@pytest.mark.parametrize("tenth", [0, 48, 50])
def test_the_path_is_the_sum_of_the_updates_learning_rates(iterations, warmup, tenth):
    distill = {"lr": 2e-4, "warmup": warmup, "student_every": 5, "tenth_from": tenth}
    steps = range(0, iterations, 5)
    rates = [(2e-5 if tenth and it >= tenth else 2e-4, it) for it in steps]
    expected = sum(lr * (min(1, it / warmup) if warmup else 1) for lr, it in rates)
    assert path_length(distill, iterations) == pytest.approx(expected)


def test_the_rows_lead_from_the_start_to_the_end(tmp_path):
    along = [stop(100, delta_e=0.1), stop(250, delta_e=0.2)]
    quality = {"student": {"ratio": 1.2}, "teacher_8": {"ratio": 1.1}, "teacher_1": {"ratio": 9.0}}
    write_run(tmp_path, "chessboard", (4000,), along=along, quality=quality)
    found = rows_in(tmp_path, NAME)
    assert [r["distillation iterations"] for r in found] == [0, 100, 250, 6000]
    assert [r["Delta_E"] for r in found] == [0.02, 0.1, 0.2, 0.5]
    assert [r["quality student"] for r in found] == [9.0, 1.5, 1.5, 1.2]
    assert found[0]["path"] == 0
    assert found[-1]["path"] == pytest.approx(2e-4 * (1200 - 20) + 2e-4 * 20 * 19 / 2 / 20)


def test_several_seeds_are_a_band_and_other_stops_are_left_out(tmp_path):
    along = [stop(50), stop(100, delta_e=1.0)], [stop(100, delta_e=3.0), stop(250)]
    for seed, stops in enumerate(along):
        write_run(tmp_path, "ring", (4000,), seed=seed, along=stops)
    found = rows_in(tmp_path, NAME)
    assert [r["distillation iterations"] for r in found] == [0, 100, 6000]
    assert found[1]["Delta_E"] == Band(2.0, 1.0, 3.0)


def test_records_without_kept_students_and_turns_make_no_tables(tmp_path):
    write_run(tmp_path, "ring", (4000,))
    assert not {NAME, "turned"} & tables_in(tmp_path).keys()


TURN = {"degrees": -149.0, "concordance": 0.75}
EARLY = {"degrees": None, "concordance": 0.0}


def test_each_stop_of_each_seed_has_a_row_of_its_turn(tmp_path):
    along = [stop(50) | {"turn": EARLY}]
    for seed in (0, 1):
        write_run(tmp_path, "ring", (4000,), seed=seed, turn=TURN, along=along)
    write_run(tmp_path, "mnist", (512,), turn=None)
    found = rows_in(tmp_path, "turned")
    shown = [(r["seed"], r["distillation iterations"], r["turn (degrees)"]) for r in found]
    assert shown == [(0, 50, None), (0, 6000, -149.0), (1, 50, None), (1, 6000, -149.0)]
    assert [r["concordance turned"] for r in found] == [0.0, 0.75] * 2
    assert {r["concordance"] for r in found} == {PAIRING["concordance"]}
