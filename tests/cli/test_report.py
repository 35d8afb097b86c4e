"""The page that `all` and `evaluate` leave and `figures` refreshes."""

import re
from pathlib import Path

from command import SMOKE, command

PAGE = "smoke/seed0/report.html"


def figures(runs: Path) -> set[str]:
    """Numbers of the figures that the page has as images."""
    page = (runs / PAGE).read_text()
    return set(re.findall(r'alt="Figure (\d+) of', page))


def test_all_leaves_a_page_with_the_figures_it_drew(finished):
    page = (finished / PAGE).read_text()
    assert figures(finished) == {"2", "3"}
    assert "This is a reduced run, the smoke size." in page
    # The answer's dot plot and cloud; retention, concordance, Delta_E, quality, DM loss; three over
    # N; four of known answers.
    assert page.count("<svg") == 2 + 5 + 3 + 4
    assert len(page) < 2_000_000


def test_evaluate_makes_the_same_page(runs):
    before = (runs / PAGE).read_bytes()
    (runs / PAGE).unlink()
    assert f"Report: {runs / PAGE}" in command("evaluate", "chessboard", *SMOKE, "--runs", runs)
    assert (runs / PAGE).read_bytes() == before


def test_figures_adds_what_was_not_drawn(runs):
    (runs / PAGE).with_name("figures").joinpath("figure_02.png").unlink()
    command("evaluate", "chessboard", *SMOKE, "--runs", runs)
    assert figures(runs) == {"3"}
    says = "Figure 2 is not shown: it has not been drawn; python reproduce.py figures"
    assert says in (runs / PAGE).read_text()
    command("figures", *SMOKE, "--runs", runs)
    assert figures(runs) == {"2", "3"}  # of the experiment that was run


def test_an_old_figure_does_not_stand_beside_new_numbers(runs):
    words = ("chessboard", *SMOKE, "--runs", runs)
    for stage in ("sample", "evaluate"):
        command(stage, *words, "--set", "sampling.heatmap=12", "--fresh")
    page = (runs / PAGE).read_text()
    assert figures(runs) == set()
    assert "figure_02.png was drawn from other results than these" in page
    assert "--set sampling.heatmap=12" in page
