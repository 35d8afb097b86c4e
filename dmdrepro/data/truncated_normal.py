"""Mass and mean of a normal law on an interval, accurate in both tails and at any width."""

import math

import torch


def interval_moments(
    x: torch.Tensor, sigma: torch.Tensor, low: torch.Tensor, high: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """(log P(low < t < high), E[t | low < t < high]) of t ~ N(x, sigma^2); float64, any shapes.

    The textbook forms divide two numbers that both underflow a few dozen sigma away. Without the
    factor phi(a), a the end nearer to x, Mills ratios R(t) = P(N > t) / phi(t) are left: mass =
    phi(a) (R(a) - e^-d R(b)), E = x + sigma (1 - e^-d) / (R(a) - e^-d R(b)), d = (b^2 - a^2) / 2.
    """
    a, b = (low - x) / sigma, (high - x) / sigma
    # Reflect so that a is the nearer end: then d >= 0 and nothing overflows.
    left = a + b < 0
    a, b = torch.where(left, -b, a), torch.where(left, -a, b)
    d = (b - a) * (b + a) / 2
    log_phi = -a.square() / 2 - math.log(2 * math.pi) / 2

    outside = a > 0
    far = _mills(a.clamp(min=0)) - torch.exp(-d) * _mills(b)  # x outside the interval
    inside = (torch.erf(b / math.sqrt(2)) - torch.erf(a / math.sqrt(2))) / 2  # no cancellation
    log_mass = torch.where(outside, log_phi + far.log(), inside.log())
    moment = -torch.expm1(-d) * torch.where(outside, 1 / far, log_phi.exp() / inside)
    mean = x + sigma * torch.where(left, -moment, moment)
    return log_mass, torch.clamp(mean, low, high)


def _mills(t: torch.Tensor) -> torch.Tensor:
    """R(t) = P(N > t) / phi(t) for t >= 0."""
    return math.sqrt(math.pi / 2) * torch.special.erfcx(t / math.sqrt(2))
