"""Each kernel, as the main path calls it, against the plain eager formula."""

from __future__ import annotations

from collections.abc import Iterator

import torch

import kernels
from dmdrepro.bench.timing import in_turns

Row = tuple[str, float, str, float]  # what, our seconds, the alternative, its seconds


def kernel_rows(device: torch.device, *, quick: bool) -> Iterator[Row]:
    """dm_gradient, pairwise_sqdist, nearest_two at the paper's MNIST sizes (quick: smaller)."""
    repeats = 3 if quick else 10
    yield _dm_gradient(device, (8, 1, 16, 16) if quick else (32, 1, 32, 32), repeats)
    if device.type == "cuda":
        yield _dm_gradient(device, (280, 3, 64, 64), repeats)
    yield _pairwise(device, *((100, 64) if quick else (1000, 1024)), repeats)
    yield _nearest(device, *((50, 2000, 64) if quick else (1000, 70_000, 1024)), min(repeats, 3))


def _random(device: torch.device, *shape: int) -> torch.Tensor:
    draw = torch.Generator(device=device).manual_seed(0)
    return torch.randn(shape, generator=draw, device=device)


def _dm_gradient(device: torch.device, shape: tuple[int, ...], repeats: int) -> Row:
    x, noisy, f_real, f_fake = _random(device, 4, *shape).unbind(0)
    sigma = torch.full(shape[:1], 1.0, device=device)

    def ours():
        return kernels.dm_gradient(x, noisy, sigma, f_real, f_fake, 0.5, check=False)

    def eager():
        s = sigma.reshape(-1, *[1] * (x.ndim - 1))
        skip, out = 0.25 / (s**2 + 0.25), s * 0.5 / (s**2 + 0.25).sqrt()
        d_real, d_fake = skip * noisy + out * f_real, skip * noisy + out * f_fake
        weight = (x - d_real).abs().flatten(1).mean(1).reshape(s.shape)
        grad = (d_fake - d_real) / weight
        return grad, 0.5 * grad.square().flatten(1).mean(1)

    name = f"dm_gradient {'x'.join(map(str, shape))}"
    our_s, eager_s = in_turns(ours, eager, device, repeats)
    return name, our_s, "eager torch", eager_s


def _pairwise(device: torch.device, n: int, d: int, repeats: int) -> Row:
    x, y = _random(device, 2, n, d).unbind(0)

    def eager():
        return (x.double()[:, None] - y.double()[None]).square().sum(2) if n <= 100 else _rows()

    def _rows():
        return torch.stack([(row.double() - y.double()).square().sum(1) for row in x])

    our_s, eager_s = in_turns(lambda: kernels.pairwise_sqdist(x, y), eager, device, repeats)
    return f"pairwise_sqdist {n} x {n}, D = {d}", our_s, "eager float64 differences", eager_s


def _nearest(device: torch.device, n: int, m: int, d: int, repeats: int) -> Row:
    queries, data = _random(device, n, d), _random(device, m, d)

    def eager():
        distances = torch.cdist(queries, data)
        return distances.topk(2, dim=1, largest=False), distances.mean(1)

    our_s, eager_s = in_turns(lambda: kernels.nearest_two(queries, data), eager, device, repeats)
    return f"nearest_two {n} x {m:,}, D = {d}", our_s, "eager cdist + topk (float32)", eager_s
