"""A long optimum says how far it is and stops when asked to."""

import os
import signal

import pytest
from command import SMOKE, command, normal, saved

from dmdrepro.cli.progress import Row
from dmdrepro.metrics import pairing_inefficiency, pairing_of_sets, sample_quality
from dmdrepro.metrics.costs import Costs
from dmdrepro.runs.errors import Stopped


def test_the_auction_tells_phase_rows_and_bids_and_the_share_grows():
    told = []
    pairing_inefficiency(normal(0, 700, 3), normal(1, 700, 3), "auction", watch=told.append)
    auction = [news for news in told if news.what.startswith("auction, phase")]
    assert "of about 9, " in auction[0].what
    assert "% of the points paired" in auction[0].what
    assert "bids" in auction[0].what
    shares = [news.share for news in auction if news.share is not None]
    assert 0 < max(shares) <= 1
    assert any("distances" in news.what for news in told)
    assert any("proof" in news.what for news in told)


@pytest.mark.parametrize(
    "measure",
    [
        lambda x, y, watch: pairing_inefficiency(x, y, "auction", watch=watch),
        lambda x, y, watch: sample_quality({"x": x}, [(y, x[::-1].copy())], watch),
        lambda x, y, watch: pairing_of_sets(x, y, 100, 5, watch=watch),
    ],
)
@pytest.mark.parametrize("at", [1, 5])
def test_whoever_watches_can_stop_it(measure, at):
    calls = []

    def watch(news):
        calls.append(news)
        if len(calls) == at:
            raise Stopped("stopped")

    with pytest.raises(Stopped):
        measure(normal(0, 500, 3), normal(1, 500, 3), watch)
    assert len(calls) == at


@pytest.mark.usefixtures("heeding")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_pairs_that_are_interrupted_say_that_nothing_is_kept(tmp_path, monkeypatch, number, code):
    files, told = saved(tmp_path, a=normal(0, 200, 3), b=normal(1, 200, 3)), []

    def interrupt(self, words, share=None):
        told.append(words)
        if "phase" in words or len(told) > 20:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Row, "note", interrupt)
    printed = command("compare", *files, "--solver", "auction", code=code)
    last = printed.splitlines()[-1]
    assert last.startswith("Stopped. Run the same command again. It starts anew")
    assert "go on from there" not in printed


@pytest.mark.usefixtures("heeding")
def test_a_stop_request_ends_the_stage_evaluate_within_an_optimum(tmp_path, monkeypatch):
    for stage in ("teacher", "distill", "sample"):
        command(stage, "chessboard", *SMOKE, "--runs", tmp_path)
    blocks = Costs.blocks

    def interrupted(self):
        os.kill(os.getpid(), signal.SIGINT)
        return blocks(self)

    monkeypatch.setattr(Costs, "blocks", interrupted)
    ended = []
    monkeypatch.setattr(
        "dmdrepro.metrics.assignment.certify", lambda *a: ended.append(a) or pytest.fail("ran on")
    )
    printed = command("evaluate", "chessboard", *SMOKE, "--runs", tmp_path, code=130)
    assert "it starts again from the samples" in printed
    assert not ended
