"""Each kernel, as the main path calls it, against the plain formula and against its limit."""

from collections.abc import Callable, Iterator

import torch

from dmdrepro import kernels
from dmdrepro.bench.timing import in_turns, on_gpu

Row = tuple[str, float, str, float]  # what, our seconds, the alternative, its seconds
Call = Callable[[], object]


def kernel_rows(device: torch.device, *, quick: bool) -> Iterator[Row]:
    """dm_gradient, pairwise_sqdist, nearest_two at the paper's MNIST sizes (quick: smaller).

    Against the eager formula, on a GPU also torch.compile of it; then against a lower limit: a copy
    of as many bytes, the matrix product alone.
    """
    repeats = 3 if quick else 10
    shapes = [(8, 1, 16, 16) if quick else (32, 1, 32, 32)]
    if device.type == "cuda":
        shapes.append((280, 3, 64, 64))
    for shape in shapes:
        what = f"dm_gradient {'x'.join(map(str, shape))}"
        yield from _rows(what, *_dm_gradient(device, shape), device, repeats)
    n, d = (100, 64) if quick else (1000, 1024)
    what = f"pairwise_sqdist {n} x {n}, D = {d}"
    yield from _rows(what, *_pairwise(device, n, d), device, repeats)
    n, m, d = (50, 2000, 64) if quick else (1000, 70_000, 1024)
    what = f"nearest_two {n} x {m:,}, D = {d}"
    yield from _rows(what, *_nearest(device, n, m, d), device, min(repeats, 3))


def _rows(
    what: str,
    ours: Call,
    formula: Call,
    others: dict[str, Call],
    device: torch.device,
    repeats: int,
) -> Iterator[Row]:
    """A row for each alternative; `formula`: what torch.compile is given on a GPU."""
    if device.type == "cuda":
        others = {**others, "torch.compile of the formula": torch.compile(formula)}
    for name, call in others.items():
        if device.type == "cuda":
            our_s, their_s = on_gpu(ours), on_gpu(call)
        else:
            our_s, their_s = in_turns(ours, call, device, repeats)
        yield what, our_s, name, their_s


def _random(device: torch.device, *shape: int) -> torch.Tensor:
    draw = torch.Generator(device=device).manual_seed(0)
    return torch.randn(shape, generator=draw, device=device)


def dm_formula(x, noisy, sigma, f_real, f_fake) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradient [B, ...] and loss [B] of the DM loss, from raw networks' outputs; sigma_data 0.5."""
    s = sigma.reshape(-1, *[1] * (x.ndim - 1))
    skip, out = 0.25 / (s**2 + 0.25), s * 0.5 / (s**2 + 0.25).sqrt()
    d_real, d_fake = skip * noisy + out * f_real, skip * noisy + out * f_fake
    weight = (x - d_real).abs().flatten(1).mean(1).reshape(s.shape)
    grad = (d_fake - d_real) / weight
    return grad, 0.5 * grad.square().flatten(1).mean(1)


def _dm_gradient(device: torch.device, shape: tuple[int, ...]):
    x, noisy, f_real, f_fake = _random(device, 4, *shape).unbind(0)
    sigma = torch.full(shape[:1], 1.0, device=device)
    # Four tensors are read and one is written; a copy reads and writes.
    bytes_ = torch.empty(5 * x.numel() // 2, device=device)

    def ours():
        return kernels.dm_gradient(x, noisy, sigma, f_real, f_fake, 0.5, check=False)

    def eager():
        return dm_formula(x, noisy, sigma, f_real, f_fake)

    return ours, eager, {"eager torch": eager, "a copy of as many bytes": bytes_.clone}


def _pairwise(device: torch.device, n: int, d: int):
    x, y = _random(device, 2, n, d).unbind(0)
    wide = x.double(), y.double()

    def formula():
        return (x.double()[:, None] - y.double()[None]).square().sum(2)

    def by_rows():  # which needs no [N, N, D]
        return torch.stack([(row.double() - y.double()).square().sum(1) for row in x])

    alternatives = {
        "eager float64 differences": formula if n <= 100 else by_rows,
        "the float64 product alone": lambda: wide[0] @ wide[1].T,
    }
    return lambda: kernels.pairwise_sqdist(x, y), formula, alternatives


def _nearest(device: torch.device, n: int, m: int, d: int):
    queries, data = _random(device, n, d), _random(device, m, d)

    def formula():
        distances = torch.cdist(queries, data)
        return distances.topk(2, dim=1, largest=False), distances.mean(1)

    alternatives = {
        "eager cdist + topk (float32)": formula,
        "the float32 product alone": lambda: queries @ data.T,
    }
    return lambda: kernels.nearest_two(queries, data), formula, alternatives
