"""What torchrun tells the processes that it starts: which rank of how many each is."""

import os
from typing import NamedTuple

_TOLD = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")


class Rank(NamedTuple):
    """Rank `number` of `size`; `local` of `local_size` on its machine."""

    number: int
    size: int
    local: int
    local_size: int


def this_rank() -> Rank | None:
    """Which one torchrun started this process as; None if it did not, or it is alone."""
    told = [os.environ.get(name, "") for name in _TOLD]
    if not all(map(str.isdecimal, told)) or "MASTER_ADDR" not in os.environ:
        return None
    rank = Rank(*map(int, told))
    return rank if rank.size > 1 else None
