"""The state that `auction_rounds` changes."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Bidding:
    """A phase of a Jacobi auction (Bertsekas 1988) in progress: tensors that are changed in place.

    `price` [N] float64 >= 0 and `owner` [N] int64, the row that holds a column or -1, are the
    result, done when nobody waits. The others are a round's own: the rows without a column,
    `waiting` [2, N] int32, of which this round's are the first `count` [2] int32 of one half and
    the next round's are written to the other; each row's `offer` [N] float64 and `column` [N]
    int32; each column's highest offer, `best` [N] int64 (its bits), and the lowest row that made
    it, `winner` [N] int32; `eps` [] float64; `bids` [] int64, how many were made.
    """

    price: torch.Tensor
    owner: torch.Tensor
    waiting: torch.Tensor
    count: torch.Tensor
    offer: torch.Tensor
    column: torch.Tensor
    best: torch.Tensor
    winner: torch.Tensor
    eps: torch.Tensor
    bids: torch.Tensor

    @classmethod
    def over(cls, price: torch.Tensor) -> Bidding:
        """With nobody waiting, over `price` [N] float64, contiguous, which it changes."""
        n, device = len(price), price.device
        return cls(
            price=price,
            owner=torch.full((n,), -1, dtype=torch.int64, device=device),
            waiting=torch.zeros((2, n), dtype=torch.int32, device=device),
            count=torch.zeros(2, dtype=torch.int32, device=device),
            offer=torch.zeros(n, dtype=torch.float64, device=device),
            column=torch.zeros(n, dtype=torch.int32, device=device),
            best=torch.zeros(n, dtype=torch.int64, device=device),
            winner=torch.zeros(n, dtype=torch.int32, device=device),
            eps=torch.zeros((), dtype=torch.float64, device=device),
            bids=torch.zeros((), dtype=torch.int64, device=device),
        )

    def begin(self, eps: float) -> None:
        """All rows without a column, prices as they are."""
        n = len(self.price)
        self.owner.fill_(-1)
        self.waiting[0] = torch.arange(n, dtype=torch.int32, device=self.price.device)
        self.count[0] = n
        self.eps.fill_(eps)
        self.bids.zero_()

    def progress(self) -> tuple[int, int]:
        """(rows that are without a column, bids made so far); the host waits for them once."""
        left, bids = torch.stack([self.count[0].long(), self.bids]).tolist()
        return left, bids
