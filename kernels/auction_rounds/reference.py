"""`auction_rounds` in plain torch."""

import torch

from dmdrepro.kernels.auction_rounds.bidding import Bidding
from dmdrepro.kernels.cheapest_two.reference import cheapest_two_reference


def auction_rounds_reference(cost: torch.Tensor, bidding: Bidding, rounds: int) -> None:
    """As `auction_rounds`; the tensors of a round's own other than the queue stay as they are."""
    for half in (0, 1) * (rounds // 2):
        rows = bidding.waiting[half, : int(bidding.count[half])].long()
        left = _round(cost, bidding.price, bidding.owner, rows, bidding.eps)
        bidding.waiting[1 - half, : len(left)] = left.int()
        bidding.count[1 - half] = len(left)
        bidding.bids.add_(len(rows))


def _round(cost, price, owner, rows, eps) -> torch.Tensor:
    """Changes `price` and `owner`; returns the rows that are without a column after it."""
    value, column = cheapest_two_reference(cost, price, rows)
    first, second = value.unbind(1)
    offer = price[column] + (second - first + eps)
    price.scatter_reduce_(0, column, offer, "amax")
    highest = offer == price[column]
    columns, bidders = column[highest], rows[highest]
    before = owner[columns]
    owner[columns] = len(price)
    owner.scatter_reduce_(0, columns, bidders, "amin")
    out = before[(owner[columns] == bidders) & (before >= 0)]
    return torch.cat([rows[owner[column] != rows], out])
