"""Pairwise squared distances in plain torch: one float64 matrix product, near pairs by hand."""

import torch

NEAR = 1e-3  # of |x_i|^2 + |y_j|^2: below it the Gram form has lost three digits of its fifteen
NEAR_SHARE = 0.02  # of the pairs: above it direct differences for all are faster
CHUNK = 1 << 22  # values of the near pairs' differences held at once


def pairwise_sqdist_reference(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """[B, N, M] float64 of x [B, N, D], y [B, M, D].

    |x|^2 + |y|^2 - 2 x.y about the mean of y; direct differences for pairs for which that cancels.
    """
    x, y = x.double(), y.double()
    centre = y.mean(1, keepdim=True)
    x_c, y_c = x - centre, y - centre
    scale = x_c.square().sum(2)[:, :, None] + y_c.square().sum(2)[:, None, :]  # [B, N, M]
    sqdist = torch.baddbmm(scale, x_c, y_c.transpose(1, 2), alpha=-2)
    b, n, m = (sqdist < NEAR * scale).nonzero(as_tuple=True)
    if len(b) > NEAR_SHARE * sqdist.numel():
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").square()
    pairs = max(1, CHUNK // x.shape[2])
    for i in (slice(start, start + pairs) for start in range(0, len(b), pairs)):
        sqdist[b[i], n[i], m[i]] = (x[b[i], n[i]] - y[b[i], m[i]]).square().sum(1)
    return sqdist
