"""The public operation `cheapest_two` and its registration with torch."""

from dataclasses import dataclass

import torch

from dmdrepro.kernels.cheapest_two.reference import cheapest_two_reference
from dmdrepro.kernels.checks import check_same_device
from dmdrepro.kernels.dispatch import implementation


@dataclass(frozen=True)
class CheapestTwo:
    """`value` [R, 2] float64 ascending, `column` [R] int64: where the first of the two is."""

    value: torch.Tensor
    column: torch.Tensor


@torch.library.custom_op("dmdrepro::cheapest_two", mutates_args=())
def _cheapest_two(
    cost: torch.Tensor, price: torch.Tensor, rows: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    run = implementation("cheapest_two", cost, cheapest_two_reference)
    return run(cost, price.contiguous(), rows.contiguous())


@_cheapest_two.register_fake
def _(cost, price, rows):
    value = torch.empty((len(rows), 2), dtype=torch.float64, device=cost.device)
    return value, torch.empty(len(rows), dtype=torch.int64, device=cost.device)


def cheapest_two(cost: torch.Tensor, price: torch.Tensor, rows: torch.Tensor) -> CheapestTwo:
    """For each row i of `rows` the two least values of C_ij + p_j over j, and the first one's j.

    The bid of an auction (Bertsekas 1988) and the relaxation of a dual potential. `cost`: C
    [N, M] float64, any strides, never copied; `price`: p [M] float64; `rows`: [R] int64 in
    [0, N), repeats allowed, R may be 0. Among equals the lowest column; the second value equals
    the first on a tie, and is inf if M = 1. Values must be finite, which is not checked: the
    callers loop. Raises ValueError for shapes, dtypes or devices that do not fit.
    """
    if cost.ndim != 2 or 0 in cost.shape or price.shape != cost.shape[1:] or rows.ndim != 1:
        raise ValueError(
            f"cheapest_two: shapes {tuple(cost.shape)}, {tuple(price.shape)} and "
            f"{tuple(rows.shape)} do not fit; pass cost [N, M], price [M], rows [R]."
        )
    tensors = {"cost": cost, "price": price}
    check_same_device("cheapest_two", tensors, (torch.float64,))
    check_same_device("cheapest_two", {"rows": rows}, (torch.int64,))
    check_same_device("cheapest_two", {**tensors, "rows": rows}, (torch.float64, torch.int64))
    return CheapestTwo(*_cheapest_two(cost.detach(), price.detach(), rows))
