"""The state that `auction_rounds` changes."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Bidding:
    """A phase of a Jacobi auction (Bertsekas 1988) in progress: tensors that are changed in place.

    `price` and `owner` are the result, done when nobody waits; the others are a round's own.
    """

    price: torch.Tensor  # [N] float64 >= 0
    owner: torch.Tensor  # [N] int64: the row that holds each column, or -1
    waiting: torch.Tensor  # [2, N] int32: rows without a column, of this round and of the next
    count: torch.Tensor  # [2] int32: how many of either half
    offer: torch.Tensor  # [N] float64, of each row
    column: torch.Tensor  # [N] int32: what it bids for
    best: torch.Tensor  # [N] int64: the bits of each column's highest offer
    winner: torch.Tensor  # [N] int32: the lowest row that made it
    eps: torch.Tensor  # [] float64
    bids: torch.Tensor  # [] int64: how many were made

    @classmethod
    def over(cls, price: torch.Tensor) -> Bidding:
        """With nobody waiting, over `price` [N] float64, contiguous, which it changes."""
        n = len(price)

        def zeros(dtype: torch.dtype, *shape: int) -> torch.Tensor:
            return torch.zeros(shape, dtype=dtype, device=price.device)

        return cls(
            price=price,
            owner=zeros(torch.int64, n) - 1,
            waiting=zeros(torch.int32, 2, n),
            count=zeros(torch.int32, 2),
            offer=zeros(torch.float64, n),
            column=zeros(torch.int32, n),
            best=zeros(torch.int64, n),
            winner=zeros(torch.int32, n),
            eps=zeros(torch.float64),
            bids=zeros(torch.int64),
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
