"""How the sampler calls a network of EDM's form, and what is checked of its noise."""

import inspect
import math
from collections.abc import Callable

import torch

LEAST = 16  # values of noise whose scale says something
# Another scale: by more than this factor, and than 6 standard errors of the logarithm of the root
# mean square, 1 / sqrt(2 n) of n values.
FACTOR, ERRORS = 1.25, 6


def as_network(
    denoiser: Callable[..., torch.Tensor], class_labels: torch.Tensor | None
) -> Callable[[torch.Tensor, float, torch.Tensor | None], torch.Tensor]:
    """`denoiser` as a function of (x, the noise level as a number, labels or None).

    It is called as `denoiser(x, sigma)`, or with the labels as a third argument if there are some
    or if it needs one (None). sigma: of shape [] on x's device, float32 or of the type that its
    attribute `sigma_dtype` names. Raises ValueError for labels if it takes none.
    """
    least, most = positional(denoiser)
    if class_labels is not None and most < 3:
        raise ValueError(
            f"class_labels were given, but the denoiser takes (x, sigma) alone ({most} arguments); "
            "leave them out, or pass a denoiser that takes (x, sigma, class_labels)."
        )
    dtype = getattr(denoiser, "sigma_dtype", torch.float32)

    def network(x: torch.Tensor, sigma: float, labels: torch.Tensor | None) -> torch.Tensor:
        # A fill, not a copy from the host: nothing waits, and CUDA graphs can hold it.
        level = torch.full((), sigma, dtype=dtype, device=x.device)
        found = denoiser(x, level) if labels is None and least < 3 else denoiser(x, level, labels)
        if not isinstance(found, torch.Tensor) or not found.is_floating_point():
            kind = found.dtype if isinstance(found, torch.Tensor) else type(found).__name__
            raise ValueError(f"the network returns {kind}; it must return a float tensor like x.")
        return found

    return network


def positional(denoiser: Callable) -> tuple[int, float]:
    """(number of positional arguments that it needs, that it takes); (2, inf) if unknown."""
    # A module's own signature is (*args, **kwargs); hooks and wrappers see what forward sees.
    called = denoiser.forward if isinstance(denoiser, torch.nn.Module) else denoiser
    try:
        parameters = inspect.signature(called).parameters.values()
    except (TypeError, ValueError):
        return 2, math.inf
    ordered = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    any_number = any(p.kind == p.VAR_POSITIONAL for p in parameters)
    return sum(p.default is p.empty for p in ordered), math.inf if any_number else len(ordered)


def check_noise(noise: object, class_labels: object) -> None:
    """Raise ValueError, naming which, for noise or labels that are not plain real tensors."""
    for name, value in (("noise", noise), ("class_labels", class_labels)):
        if value is None and name == "class_labels":
            continue
        if not isinstance(value, torch.Tensor):
            raise ValueError(
                f"{name} is {type(value).__module__}.{type(value).__qualname__}; pass a torch "
                f"tensor, such as torch.as_tensor({name}), on the denoiser's device."
            )
    if noise.ndim == 0:
        raise ValueError("noise is a single number; pass [B, ...].")
    if noise.is_nested or noise.layout != torch.strided or noise.is_quantized:
        raise ValueError("noise is sparse, nested or quantized; pass a dense tensor of floats.")
    if not noise.is_floating_point():
        raise ValueError(f"noise has type {noise.dtype}; pass floats.")


def other_scale(noise: torch.Tensor, sd: float) -> float | None:
    """The noise's root mean square if it is not `sd`, by more than chance; else None."""
    if noise.numel() < LEAST or noise.is_meta:
        return None
    found = float(noise.double().square().mean().sqrt())
    apart = abs(math.log(found / sd)) if found > 0 else math.inf
    return found if apart > math.log(FACTOR) + ERRORS / math.sqrt(2 * noise.numel()) else None
