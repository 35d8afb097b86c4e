"""The row of the two auctions, which only a GPU shows, at small size."""

from __future__ import annotations

import torch

from dmdrepro.bench.pairing import auction_row


def test_both_auctions_are_timed_and_agree():
    what, ours_s, alternative, alternative_s = auction_row(40, torch.device("cpu"))
    assert what == "auction, N = 40: all rows at once"
    assert alternative == "in turn, on the CPU"
    assert ours_s > 0 < alternative_s
