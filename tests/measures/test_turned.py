"""The table of turned teachers: each seed's kept students and its last one, of toys alone."""

from report_runs import PAIRING, rows_in, tables_in, write_run

TURN = {"degrees": -149.0, "concordance": 0.75}
EARLY = {"degrees": None, "concordance": 0.0}


def test_each_stop_of_each_seed_has_a_row(tmp_path):
    along = [{"iterations": 50, "pairing": PAIRING, "quality": {"ratio": 9.0}, "turn": EARLY}]
    for seed in (0, 1):
        write_run(tmp_path, "ring", (4000,), seed=seed, turn=TURN, along=along)
    write_run(tmp_path, "mnist", (512,), turn=None)
    found = rows_in(tmp_path, "turned")
    shown = [(r["seed"], r["distillation iterations"], r["turn (degrees)"]) for r in found]
    assert shown == [(0, 50, None), (0, 6000, -149.0), (1, 50, None), (1, 6000, -149.0)]
    assert [r["concordance turned"] for r in found] == [0.0, 0.75] * 2
    assert {r["concordance"] for r in found} == {PAIRING["concordance"]}


def test_records_of_before_have_none(tmp_path):
    write_run(tmp_path, "ring", (4000,))
    assert "turned" not in tables_in(tmp_path)
