"""The optimiser of teacher, student and fake score, whose step takes gradients as an input."""

from collections.abc import Iterable, Sequence

import torch
from torch.optim.adamw import adamw

from dmdrepro.experiments.config import Distill, Teacher
from dmdrepro.training.copies import as_float32
from dmdrepro.training.ranks import ALONE, Ranks

Gradients = Sequence[torch.Tensor | None]  # None: of a parameter that the loss does not depend on


def clipped_gradients(
    outputs: Sequence[torch.Tensor],
    parameters: Sequence[torch.Tensor],
    most: float,
    grad_outputs: Sequence[torch.Tensor | None] | None = None,
    ranks: Ranks = ALONE,
) -> tuple[Gradients, torch.Tensor]:
    """d outputs / d parameters, scaled down to a norm of at most `most`, and the norm [] before.

    `grad_outputs` as torch.autograd.grad takes them. Of several `ranks` the mean gradient is
    scaled. A pure function, which can be compiled together with what made the outputs.
    """
    found = torch.autograd.grad(outputs, parameters, grad_outputs, allow_unused=True)
    gradients = ranks.mean(as_float32([gradient for gradient in found if gradient is not None]))
    norm = torch.nn.utils.get_total_norm(gradients)
    scaled = iter(torch._foreach_mul(gradients, torch.clamp(most / (norm + 1e-6), max=1.0)))
    return [None if gradient is None else next(scaled) for gradient in found], norm


class AdamW(torch.optim.AdamW):
    """torch's fused AdamW, whose step is a function of gradients and learning rate.

    The arithmetic and the state are those of `torch.optim.AdamW(fused=True)`, whose kernel is
    called directly: `step` walks all parameters in Python, which costs a toy as much as a layer.
    """

    def __init__(
        self, parameters: Iterable[torch.nn.Parameter], settings: Distill | Teacher, device
    ) -> None:
        super().__init__(
            parameters,
            lr=settings.lr,
            betas=(settings.beta1, settings.beta2),
            weight_decay=settings.weight_decay,
            fused=True,
            capturable=torch.device(device).type == "cuda",
        )

    @torch.no_grad()
    def update(self, gradients: Gradients, lr: torch.Tensor) -> None:
        """One step: `gradients` of the parameters in their order, `lr` []."""
        (group,) = self.param_groups
        group["lr"] = lr
        moved = [
            (parameter, _laid_out(gradient, parameter), self._moments(parameter))
            for parameter, gradient in zip(group["params"], gradients, strict=True)
            if gradient is not None
        ]
        beta1, beta2 = group["betas"]
        adamw(
            [parameter for parameter, _, _ in moved],
            [gradient for _, gradient, _ in moved],
            [state["exp_avg"] for _, _, state in moved],
            [state["exp_avg_sq"] for _, _, state in moved],
            [],
            [state["step"] for _, _, state in moved],
            fused=True,
            capturable=group["capturable"],
            amsgrad=False,
            beta1=beta1,
            beta2=beta2,
            lr=lr,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=False,
        )

    def _moments(self, parameter: torch.nn.Parameter) -> dict[str, torch.Tensor]:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros((), dtype=torch.float32, device=parameter.device)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        return state


def _laid_out(gradient: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """`gradient` as `parameter` lies in memory: the kernel walks both side by side."""
    if gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)
