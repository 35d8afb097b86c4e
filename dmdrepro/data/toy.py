"""What the toy sets share: points in R^d, drawn without end, unconditional."""

from __future__ import annotations

import torch


class Toy:
    """A law on R^`ambient_dim` whose structure lies in the first two coordinates."""

    label_dim = 0
    training_set = None  # drawn afresh: there is no finite set

    def __init__(self, ambient_dim: int) -> None:
        if ambient_dim < 2:
            raise ValueError(f"ambient_dim is {ambient_dim}; the toys need at least 2.")
        self.ambient_dim = ambient_dim
        self.shape = (ambient_dim,)

    def to(self, device: torch.device | str) -> Toy:
        """Itself: points are drawn on the generator's device."""
        return self

    def _embedded(self, plane: torch.Tensor) -> torch.Tensor:
        """[n, 2] -> [n, ambient_dim], zeros in the other coordinates."""
        return torch.nn.functional.pad(plane, (0, self.ambient_dim - 2))


def levels(sigma: torch.Tensor | float, x: torch.Tensor) -> torch.Tensor:
    """`sigma` (a number or [B]) as float64 [B, 1] or [1, 1] on the device of `x`."""
    return torch.as_tensor(sigma, dtype=torch.float64, device=x.device).reshape(-1, 1)
