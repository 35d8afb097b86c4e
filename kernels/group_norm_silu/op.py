"""The public operation `group_norm_silu` and its registration with torch."""

from collections.abc import Callable

import torch

from dmdrepro.kernels.checks import FLOATS, check_same_device
from dmdrepro.kernels.dispatch import implementation
from dmdrepro.kernels.group_norm_silu.reference import backward_reference, forward_reference

DTYPES = (*FLOATS, torch.float64)


def _way(x: torch.Tensor, launch: str, reference: Callable) -> Callable:
    """Float64, which the derivatives are checked in, has no kernel."""
    if x.dtype == torch.float64:
        return reference
    return implementation("group_norm_silu", x, reference, launch)


def _nhwc(rows: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """[B, C, P] as [B, C, H, W] whose channels lie side by side."""
    image = rows.unflatten(2, like.shape[2:])
    return image.contiguous(memory_format=torch.channels_last)


@torch.library.custom_op("dmdrepro::group_norm_silu", mutates_args=())
def _forward(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    scale: torch.Tensor | None,
    shift: torch.Tensor | None,
    groups: int,
    eps: float,
    silu: bool,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    run = _way(x, "launch_forward", forward_reference)
    y, mean, rstd = run(x.flatten(2), weight, bias, scale, shift, groups, eps, silu)
    return _nhwc(y, x), mean, rstd


@_forward.register_fake
def _(x, weight, bias, scale, shift, groups, eps, silu):
    wide = torch.float64 if x.dtype == torch.float64 else torch.float32
    mean, rstd = (x.new_empty((len(x), groups), dtype=wide) for _ in range(2))
    return torch.empty_like(x, memory_format=torch.channels_last), mean, rstd


@torch.library.custom_op("dmdrepro::group_norm_silu_backward", mutates_args=())
def _backward(
    dy: torch.Tensor,
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    scale: torch.Tensor | None,
    shift: torch.Tensor | None,
    mean: torch.Tensor,
    rstd: torch.Tensor,
    silu: bool,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    run = _way(x, "launch_backward", backward_reference)
    dx, *rest = run(dy.flatten(2), x.flatten(2), weight, bias, scale, shift, mean, rstd, silu)
    return _nhwc(dx, x), *rest


@_backward.register_fake
def _(dy, x, weight, bias, scale, shift, mean, rstd, silu):
    channels = (mean.new_empty(x.shape[1]) for _ in range(2))
    samples = (mean.new_empty(x.shape[:2]) for _ in range(2))
    return torch.empty_like(x, memory_format=torch.channels_last), *channels, *samples


def _setup(ctx, inputs, output):
    x, weight, bias, scale, shift, _, _, ctx.silu = inputs
    _, mean, rstd = output
    ctx.mark_non_differentiable(mean, rstd)
    ctx.save_for_backward(x, weight, bias, scale, shift, mean, rstd)


def _gradients(ctx, dy, _mean, _rstd):
    x, weight, bias, scale, shift, mean, rstd = ctx.saved_tensors
    dx, dweight, dbias, dscale, dshift = torch.ops.dmdrepro.group_norm_silu_backward(
        dy, x, weight, bias, scale, shift, mean, rstd, ctx.silu
    )
    if scale is None:
        dscale = dshift = None
    else:
        summed = (t.sum(0, keepdim=True) if len(scale) < len(x) else t for t in (dscale, dshift))
        dscale, dshift = (t.to(of.dtype) for t, of in zip(summed, (scale, shift), strict=True))
    dweight, dbias = dweight.to(weight.dtype), dbias.to(bias.dtype)
    return dx, dweight, dbias, dscale, dshift, None, None, None


_forward.register_autograd(_gradients, setup_context=_setup)


def group_norm_silu(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    groups: int,
    eps: float = 1e-5,
    scale: torch.Tensor | None = None,
    shift: torch.Tensor | None = None,
    *,
    silu: bool = True,
) -> torch.Tensor:
    """silu(n (scale + 1) + shift), n the group normalisation of x (Wu and He 2018; ADM's block).

    `x`: [B, C, H, W], float32, bfloat16, float16 or float64, any strides; `weight`, `bias`: [C];
    `scale`, `shift`: both [B or 1, C], or none; `silu`: False leaves it out. Returns the same shape
    and type, channels side by side in memory (NHWC). Statistics and arithmetic are float32 (float64
    of float64), the variance about the mean; all sums have a fixed order, in the gradients too;
    it may differ between strides.
    Raises ValueError for shapes, types or devices that do not fit.
    """
    channels = x.shape[1] if x.ndim == 4 else 0
    if x.ndim != 4 or x.numel() == 0 or weight.shape != (channels,) or bias.shape != (channels,):
        raise ValueError(
            f"group_norm_silu: x has shape {tuple(x.shape)}, weight {tuple(weight.shape)} and bias "
            f"{tuple(bias.shape)}; pass [B, C, H, W], not empty, and twice [C]."
        )
    if groups < 1 or channels % groups:
        raise ValueError(f"group_norm_silu: {channels} channels do not make {groups} groups.")
    tensors = {"x": x, "weight": weight, "bias": bias}
    if scale is not None or shift is not None:
        shapes = [None if t is None else tuple(t.shape) for t in (scale, shift)]
        if shapes[0] != shapes[1] or shapes[0] not in ((1, channels), (len(x), channels)):
            raise ValueError(
                f"group_norm_silu: scale and shift have shapes {shapes[0]} and {shapes[1]}; pass "
                f"both as [{len(x)} or 1, {channels}]."
            )
        tensors |= {"scale": scale, "shift": shift}
        if scale.stride() != shift.stride() or scale.stride(1) != 1:
            scale, shift = scale.contiguous(), shift.contiguous()
    check_same_device("group_norm_silu", tensors, DTYPES)
    y, _, _ = _forward(x, weight.contiguous(), bias.contiguous(), scale, shift, groups, eps, silu)
    return y
