"""The public operation `auction_rounds`."""

import torch

from dmdrepro.kernels.auction_rounds.bidding import Bidding
from dmdrepro.kernels.auction_rounds.reference import auction_rounds_reference
from dmdrepro.kernels.checks import check_same_device
from dmdrepro.kernels.dispatch import implementation


def auction_rounds(cost: torch.Tensor, bidding: Bidding, rounds: int) -> None:
    """Rounds of an auction in which every waiting row i bids for the j of least C_ij + p_j.

    It offers p_j plus what its next cheapest column costs more, plus eps. The highest offer for a
    column wins, of equal ones the lowest row's: it becomes the price, and the former holder waits.
    Rounds in which nobody waits change nothing. `cost`: C [N, N] float64 >= 0, N at least 2, any
    strides; `rounds` even, so that the first half of `waiting` is next again. On a GPU a round is
    three launches that do not wait for the host, so rounds can be a CUDA graph; only the order of
    `waiting` is not reproducible. Raises ValueError for shapes, dtypes, devices or a number of
    rounds that do not fit.
    """
    n = len(bidding.price)
    if cost.shape != (n, n) or n < 2:
        raise ValueError(
            f"auction_rounds: cost has shape {tuple(cost.shape)} and price {(n,)}; pass cost "
            "[N, N] and price [N], N at least 2."
        )
    if rounds < 0 or rounds % 2:
        raise ValueError(f"auction_rounds: rounds is {rounds}; it must be even.")
    check_same_device("auction_rounds", {"cost": cost, "price": bidding.price}, (torch.float64,))
    implementation("auction_rounds", cost, auction_rounds_reference)(cost, bidding, rounds)
