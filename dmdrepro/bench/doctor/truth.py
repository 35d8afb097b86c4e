"""Every kernel at odd sizes, as it runs on this device, against float64 and against itself."""

import sys
from collections.abc import Callable, Iterator

import torch

from dmdrepro import kernels
from dmdrepro.bench.doctor.scope import Row, Scope, row
from dmdrepro.bench.kernels import dm_formula
from dmdrepro.kernels import Bidding

PART = "kernels against float64"
DTYPES = (torch.float32, torch.bfloat16, torch.float16)
Pair = tuple[torch.Tensor, torch.Tensor, float]  # found, float64 truth, relative tolerance
Case = Callable[[torch.device, torch.dtype], Iterator[Pair]]


def kernel_checks(scope: Scope) -> Iterator[Row]:
    """A row for each kernel and input type."""
    device = scope.device
    for name, (case, dtypes) in CASES.items():
        for dtype in dtypes:
            yield _checked(name, case, device, dtype)


def _checked(name: str, case: Case, device: torch.device, dtype: torch.dtype) -> Row:
    what, backend = f"{name}, {str(dtype).removeprefix('torch.')}", kernels.backend(device)
    try:
        first, again = list(case(device, dtype)), list(case(device, dtype))
    except Exception as error:  # whatever a launch may end with
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        return row(PART, what, False, f"did not run: {reason}", ran=backend)
    # Its largest error over what is allowed, of all outputs.
    worst = max(_excess(*pair) for pair in first)
    if not worst <= 1:
        return row(PART, what, False, "differs from the formula in float64 by more than allowed",
                   ran=backend, error_of_allowed=worst)  # fmt: skip
    if not all(torch.equal(a, b) for (a, _, _), (b, _, _) in zip(first, again, strict=True)):
        return row(PART, what, False, "two calls gave different bits", ran=backend)
    return row(PART, what, ran=backend, error_of_allowed=worst)


def _excess(found: torch.Tensor, truth: torch.Tensor, relative: float) -> float:
    found, truth = found.double().cpu(), truth.double().cpu()
    return float(((found - truth).abs() / (relative * truth.abs().max()).clamp_min(1e-300)).max())


def _randn(device: torch.device, dtype: torch.dtype, *shape: int, seed: int = 0) -> torch.Tensor:
    """Drawn on the CPU: the same everywhere."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=draw).to(dtype).to(device)


def _dm_gradient(device: torch.device, dtype: torch.dtype) -> Iterator[Pair]:
    for shape in ((3, 7), (5, 1025), (2, 3, 33, 37)):
        x, eps, real, fake = (_randn(device, dtype, *shape, seed=i) for i in range(4))
        sigma = _randn(device, torch.float32, shape[0], seed=4).exp()
        s = sigma.double().reshape(-1, *[1] * (len(shape) - 1))
        given = x, (x.double() + s * eps.double()).to(dtype), sigma, real, fake
        truth = dm_formula(*(tensor.double() for tensor in given))
        for found, right in zip(kernels.dm_gradient(*given, 0.5), truth, strict=True):
            yield found, right, 1e-5


def _pairwise(device: torch.device, dtype: torch.dtype) -> Iterator[Pair]:
    for n, m, d in ((1, 2, 1), (33, 65, 9), (70, 131, 257)):
        x, y = _randn(device, dtype, n, d), _randn(device, dtype, m, d, seed=1)
        truth = (x.double()[:, None] - y.double()).square().sum(2)
        yield kernels.pairwise_sqdist(x, y), truth, 1e-10
    close = x + 1e-4 * _randn(device, dtype, *x.shape, seed=2)  # near-copies keep their digits
    found = kernels.pairwise_sqdist(x, close).diagonal()
    yield found, (x.double() - close.double()).square().sum(1), 1e-10


def _nearest(device: torch.device, dtype: torch.dtype) -> Iterator[Pair]:
    for n, m, d in ((33, 65, 9), (34, 1500, 3), (3, 64, 70)):
        queries, data = _randn(device, dtype, n, d), _randn(device, dtype, m, d, seed=1)
        sqdist = (data.double() - queries.double()[:, None]).square().sum(2)
        ordered, index = sqdist.sort(dim=1, stable=True)
        found = kernels.nearest_two(queries, data)
        yield found.index, index[:, :2], 1e-15
        yield found.sqdist, ordered[:, :2], 1e-13
        yield found.mean_distance, sqdist.sqrt().mean(1), 1e-5


def _cheapest(device: torch.device, dtype: torch.dtype) -> Iterator[Pair]:
    cost = _randn(device, dtype, 37, 515).T.contiguous().T
    price, rows = _randn(device, dtype, 515, seed=1), torch.arange(36, -1, -3, device=device)
    truth, column = (cost + price)[rows].topk(2, dim=1, largest=False)
    found = kernels.cheapest_two(cost, price, rows)
    yield found.value, truth, 1e-15
    yield found.column, column[:, 0], 1e-15


def _auction(device: torch.device, dtype: torch.dtype) -> Iterator[Pair]:
    """One auction to its end: its cost is the optimum's within N eps (Bertsekas 1988)."""
    from scipy.optimize import linear_sum_assignment

    n, eps = 61, 1e-4
    cost = _randn(device, dtype, n, n).square()
    bidding = Bidding.over(torch.zeros(n, dtype=dtype, device=device))
    bidding.begin(eps)
    for _ in range(1000):
        if not bidding.progress()[0]:
            break
        kernels.auction_rounds(cost, bidding, 64)
    rows, columns = linear_sum_assignment(cost.cpu().numpy())
    least = cost[torch.from_numpy(rows), torch.from_numpy(columns)].sum()
    yield bidding.owner.sort().values, torch.arange(n), 1e-15  # a permutation
    found = cost[bidding.owner, torch.arange(n, device=device)].sum()
    yield found[None], least[None], n * eps / float(least)


def _group_norm(device: torch.device, dtype: torch.dtype) -> Iterator[Pair]:
    """Result and gradients against torch's own layers; what has x's type may be rounded once."""
    once = 1e-5 + {torch.bfloat16: 2**-8, torch.float16: 2**-11}.get(dtype, 0.0)
    if kernels.backend(torch.device("cpu")) == "triton":
        once *= 2  # the interpreter cuts where a device rounds
    for shape, groups in (((3, 24, 5, 7), 4), ((2, 36, 3, 3), 3), ((2, 10, 9, 29), 5)):
        given = [3 + _randn(device, dtype, *shape)]
        given += [_randn(device, torch.float32, shape[1], seed=seed) for seed in (1, 2)]
        given += [_randn(device, torch.float32, *shape[:2], seed=seed) for seed in (3, 4)]
        dy = _randn(device, dtype, *shape, seed=5)
        given, wide = (
            [f(t).requires_grad_() for t in given] for f in (torch.clone, torch.Tensor.double)
        )
        y = kernels.group_norm_silu(*given[:3], groups, 1e-5, *given[3:])
        scale, shift = (t[:, :, None, None] for t in wide[3:])
        u = torch.nn.functional.group_norm(wide[0], groups, *wide[1:3], 1e-5) * (scale + 1) + shift
        truth = torch.nn.functional.silu(u)
        yield y.detach(), truth.detach(), once
        gradients = torch.autograd.grad(y, given, dy), torch.autograd.grad(truth, wide, dy.double())
        for place, (found, right) in enumerate(zip(*gradients, strict=True)):
            yield found, right, 1e-5 if place else once


CASES: dict[str, tuple[Case, tuple[torch.dtype, ...]]] = {
    "dm_gradient": (_dm_gradient, DTYPES),
    "pairwise_sqdist": (_pairwise, DTYPES),
    "nearest_two": (_nearest, DTYPES),
    "group_norm_silu": (_group_norm, DTYPES),
    "cheapest_two": (_cheapest, (torch.float64,)),
    "auction_rounds": (_auction, (torch.float64,)),
}


if __name__ == "__main__":  # for compute-sanitizer: every kernel once more, in a process of its own
    from dmdrepro.training.device import select_device

    chosen = select_device(sys.argv[1])
    for name, (case, dtypes) in CASES.items():
        for dtype in dtypes:
            list(case(chosen, dtype))
            print(name, dtype, flush=True)
