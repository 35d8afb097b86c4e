"""How much memory the exact optimum will take, and which way is gone, said before the work."""

from dataclasses import dataclass

import torch

from dmdrepro.metrics.costs import CACHED, LEAST_ROWS, PRODUCT, by_differences
from dmdrepro.metrics.memory import GIB, available_memory, check_memory

CPU = torch.device("cpu")
A_ROW = 6000  # bytes beside its costs: two short lists (bids.LENGTH, costs.NEAREST), prices
A_COORDINATE = 64  # bytes for each of the N D: eight float64 copies of x or y, some for a moment
WORKING = 80  # bytes for each entry made at once: ten float64 values, most in `pairwise_sqdist`
SHARE = 0.5  # of what the system can give, if that is not enough for all rows


@dataclass(frozen=True)
class MemoryPlan:
    """`rows` of N are held, on `device`; `needed` and `available` bytes (None: not known)."""

    n: int
    rows: int
    needed: int
    available: int | None
    device: torch.device

    @property
    def whole(self) -> bool:
        return self.rows == self.n

    def sentence(self) -> str:
        """Which way, and how much memory it takes."""
        n, gib = self.n, self.needed / GIB
        limit = "" if self.available is None else f" of {self.available / GIB:.3g} GiB"
        if self.whole:
            return (
                f"All {n:,} x {n:,} squared distances are held: {gib:.3g} GiB{limit} of memory on "
                f"{self.device.type}."
            )
        return (
            f"All {n:,} x {n:,} squared distances would be {8 * n * n / GIB:.3g} GiB: "
            f"{self.rows:,} rows are held, the others are made again whenever they are needed; "
            f"{gib:.3g} GiB{limit} of memory. The result is the same; it takes longer."
        )


def plan_costs(
    n: int, d: int, device: torch.device, *, matrix: bool = False, memory: int | None = None
) -> MemoryPlan:
    """How the N x N costs of points in D dimensions are kept within `memory` bytes.

    `matrix`: all of them, or nothing. What does not fit on a GPU is made on the CPU. Raises
    ValueError if the memory is too small.
    """
    available = available_memory(device) if memory is None else memory
    beside = least_memory(n, d, device)
    needed = 8 * n * n + beside
    if available is None or needed <= available:
        return MemoryPlan(n, n, needed, available, device)
    if matrix:
        what = f"The matrix of {n:,} x {n:,} squared distances"
        check_memory(needed, device, what, memory, "use solver 'auction' or measure fewer samples")
    if device.type != "cpu":
        return plan_costs(n, d, CPU, memory=memory)
    what = f"The optimal pairing of {n:,} samples, without their matrix,"
    check_memory(beside, device, what, memory)
    spare = available - beside
    rows = int(spare * (SHARE if memory is None else 1)) // (8 * n)
    return MemoryPlan(n, rows, 8 * n * rows + beside, available, device)


def least_memory(n: int, d: int, device: torch.device = CPU) -> int:
    """Bytes without which the optimal pairing of N points in D dimensions is not begun."""
    at_once = CACHED if by_differences(d, device) else max(PRODUCT, LEAST_ROWS * n)
    return (A_ROW + A_COORDINATE * d) * n + WORKING * min(at_once, n * n)
