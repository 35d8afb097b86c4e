"""Triton kernels, each beside its reference in plain torch.

CUDA tensors run the Triton kernel; CPU tensors run it under `TRITON_INTERPRET=1` (set before this
package is imported) and the reference otherwise. `kernels.use("reference")` overrides that.
"""

from dmdrepro.kernels.auction_rounds.bidding import Bidding
from dmdrepro.kernels.auction_rounds.op import auction_rounds
from dmdrepro.kernels.cheapest_two.op import CheapestTwo, cheapest_two
from dmdrepro.kernels.dispatch import backend, use
from dmdrepro.kernels.dm_gradient.op import dm_gradient
from dmdrepro.kernels.group_norm_silu.op import group_norm_silu
from dmdrepro.kernels.nearest_two.op import NearestTwo, nearest_two
from dmdrepro.kernels.pairwise_sqdist.op import pairwise_sqdist

__all__ = [
    "Bidding", "CheapestTwo", "NearestTwo", "auction_rounds", "backend", "cheapest_two",
    "dm_gradient", "group_norm_silu", "nearest_two", "pairwise_sqdist", "use",
]  # fmt: skip
