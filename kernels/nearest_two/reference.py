"""The candidates of `nearest_two` in plain torch, and the exhaustive search for the doubtful."""

import torch

BLOCK = 4096  # data at a time
EPS = 2.0**-52


def candidates_reference(
    queries: torch.Tensor, data: torch.Tensor, keep: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """`kept` [N, keep] int64, `floor` [N] and `total` [N] float64 of queries [N, D], data [M, D].

    `kept`: indices of the nearest data, approximately (-1: fewer than `keep` data). `floor`: if the
    second-least squared distance of `kept` is below it, no other datum is nearer. `total`: the sum
    of the distances to all data. Squared distances by one matrix product a block, |q|^2 + |x|^2 -
    2 q.x in float64 (float32 would follow torch's TF32 setting), about the data's mean, where the
    cancelling norms are smallest.
    """
    n, size = queries.shape
    centre = data.mean(0, dtype=torch.float64)
    queries = queries.double() - centre
    norms = queries.square().sum(1)[:, None]  # [N, 1]
    values = queries.new_full((n, keep + 1), float("inf"))
    places = torch.full((n, keep + 1), -1, dtype=torch.int64, device=queries.device)
    total, largest = queries.new_zeros(n), norms.max()
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK].double() - centre
        block_norms = block.square().sum(1)
        sqdist = torch.addmm(block_norms + norms, queries, block.T, alpha=-2)  # [N, BLOCK]
        nearest, at = sqdist.topk(min(keep + 1, len(block)), dim=1, largest=False)
        total += sqdist.clamp_min_(0).sqrt_().sum(1)
        values, order = torch.cat([values, nearest], 1).topk(keep + 1, dim=1, largest=False)
        places = torch.cat([places, at + start], 1).gather(1, order)
        largest = torch.maximum(largest, block_norms.max())
    # Three sums of `size` products, each no larger than the largest squared norm.
    return places[:, :keep], values[:, keep] - 4 * (size + 4) * EPS * largest, total


def exact_sqdist(queries: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """[N, K] float64 squared distances of queries [N, D] to rows [N or 1, K, D], by differences."""
    return (rows.double() - queries[:, None].double()).square().sum(2)


def exhaustive_two(
    queries: torch.Tensor, data: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """`index` and `sqdist` [N, 2], mean distance [N] of queries [N, D], all of them exact."""
    step = max(1, BLOCK // len(queries))
    sqdist = torch.cat([exact_sqdist(queries, rows[None]) for rows in data.split(step)], 1)
    mean_distance = sqdist.sqrt().mean(1)
    sqdist, index = sqdist.sort(dim=1, stable=True)
    return index[:, :2], sqdist[:, :2], mean_distance
