"""The optimal pairing of points that differ along one coordinate alone: in order, by theorem.

sum_i (x_i - y_s(i))^2 is least if x and y_s are sorted alike (the rearrangement inequality). A
coordinate that is constant in one set costs all pairings the same. Comparisons are exact, so
there is no gap to compute and no distance to hold.
"""

import torch

FEW = 8


def sorted_pairing(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor | None:
    """[N]: the y of each x [N, D] in an optimal pairing; None unless one coordinate matters."""
    for first in (FEW, len(x)):  # of most sets a few rows show that two coordinates matter
        matters = _varies(x[:first]) & _varies(y[:first])
        if int(matters.sum()) > 1:
            return None
    if not matters.any():
        return None
    coordinate = int(matters.nonzero()[0, 0])
    by_x, by_y = (t[:, coordinate].double().argsort(stable=True) for t in (x, y))
    columns = torch.empty_like(by_x)
    columns[by_x] = by_y
    return columns


def in_order(x: torch.Tensor, y: torch.Tensor) -> bool:
    """Whether row i of x [N, D] with row i of y is such a pairing, if one coordinate matters."""
    coordinate = int((_varies(x) & _varies(y)).nonzero()[0, 0])
    a, b = x[:, coordinate].double(), y[:, coordinate].double()
    # Of equal x the order is free: by x and then by y.
    order = b.argsort(stable=True)
    order = order[a[order].argsort(stable=True)]
    return bool((b[order].diff() >= 0).all())


def _varies(points: torch.Tensor) -> torch.Tensor:
    return (points != points[0]).any(0)
