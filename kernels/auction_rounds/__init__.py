"""Rounds of an auction in which all waiting rows bid at once, without waiting for the host."""

from dmdrepro.kernels.auction_rounds.bidding import Bidding
from dmdrepro.kernels.auction_rounds.op import auction_rounds

__all__ = ["Bidding", "auction_rounds"]
