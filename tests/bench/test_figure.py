"""The bench's curves show the record's rows and no others."""

import pytest
from matplotlib.figure import Figure

from dmdrepro.bench.figure import draw_batches, draw_scaling

FACTS = {"device": "cpu", "threads": 1, "torch": "2", "commit": None}
SCALING = [
    {"n": n, "d": d, "way": way, "cpu_s": n * seconds, "wall_s": 9e9}
    for way, seconds in (("ours", 1e-3), ("another", 2e-3))
    for d in (4, 256)
    for n in (1000, 100)
    if (way, d, n) != ("another", 256, 1000)
]
BATCHES = [
    {"experiment": name, "size": "laptop", "batch": batch, "way": way, "iteration_s": batch / 7e3}
    for name in ("chessboard", "mnist")
    for batch in (128, 8)
    for way in ("ours", "plain")
]
RECORD = {"scaling": SCALING, "batches": BATCHES, "provenance": FACTS}


@pytest.fixture
def drawn(monkeypatch):
    """The figures as they are saved."""
    found = []
    save = Figure.savefig

    def keep(figure, *arguments, **options):
        found.append(figure)
        return save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return found


def points(figure, titles):
    return {
        (title, line.get_label(), x, y)
        for title, axes in zip(titles, figure.axes, strict=True)
        for line in axes.lines
        for x, y in zip(*line.get_data(), strict=True)
    }


def test_every_point_over_n_is_a_measured_row(tmp_path, drawn):
    draw_scaling(RECORD, tmp_path / "a.png")
    assert points(drawn[0], (4, 256)) == {(r["d"], r["way"], r["n"], r["cpu_s"]) for r in SCALING}
    assert [axes.get_title() for axes in drawn[0].axes] == [
        f"independent samples in R$^{{{d}}}$" for d in (4, 256)
    ]


def test_every_point_over_the_batch_is_a_measured_row(tmp_path, drawn):
    draw_batches(RECORD, tmp_path / "a.png")
    names = ("chessboard", "mnist")
    assert points(drawn[0], names) == {
        (r["experiment"], r["way"], r["batch"], 1e3 * r["iteration_s"]) for r in BATCHES
    }
    assert [axes.get_title() for axes in drawn[0].axes] == [f"{n}, laptop size" for n in names]


@pytest.mark.parametrize("draw", [draw_scaling, draw_batches])
def test_the_file_is_the_same_each_time(tmp_path, draw):
    for name in ("a.png", "b.png"):
        draw(RECORD, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(("draw", "what"), [(draw_scaling, "N"), (draw_batches, "batch")])
def test_a_record_without_rows_is_refused(tmp_path, draw, what):
    with pytest.raises(ValueError, match=f"no rows over {what}"):
        draw({"scaling": [], "batches": [], "provenance": FACTS}, tmp_path / "a.png")
