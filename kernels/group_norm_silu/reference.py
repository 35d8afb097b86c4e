"""`group_norm_silu` in plain torch: the kernels' formula, forward and backward."""

import torch


def forward_reference(x, weight, bias, scale, shift, groups: int, eps: float, silu: bool):
    """`y` [B, C, P] like x, `mean` and `rstd` [B, groups], of x [B, C, P]; scale, shift [., C]."""
    values = _wide(x).reshape(len(x), groups, -1)
    mean = values.mean(2)
    rstd = (values - mean[:, :, None]).square().mean(2).add(eps).rsqrt()
    u = _modulated(
        _unit(x, mean, rstd) * _wide(weight)[:, None] + _wide(bias)[:, None], scale, shift
    )
    return (u * u.sigmoid() if silu else u).to(x.dtype), mean, rstd


def backward_reference(dy, x, weight, bias, scale, shift, mean, rstd, silu: bool):
    """`dx` [B, C, P] like x; of weight, bias [C] and of each sample's scale, shift [B, C]."""
    unit, du = _unit(x, mean, rstd), _wide(dy)
    weight, bias = _wide(weight)[:, None], _wide(bias)[:, None]  # [C, 1]
    plain = unit * weight + bias
    if silu:
        u = _modulated(plain, scale, shift)
        sigmoid = u.sigmoid()
        du = du * sigmoid * (1 + u * (1 - sigmoid))
    factor = torch.ones_like(du[:, :, :1]) if scale is None else _wide(scale)[:, :, None] + 1
    sums, products = du.sum(2), (du * unit).sum(2)  # [B, C]
    factor = factor.expand(len(x), -1, 1)[:, :, 0]  # [B, C]
    dweight, dbias = (factor * products).sum(0), (factor * sums).sum(0)
    dscale = weight[:, 0] * products + bias[:, 0] * sums
    groups, size = mean.shape[1], x[0].numel() // mean.shape[1]
    slope = factor * weight[:, 0]  # d (scaled and shifted) / d unit

    def group_mean(values: torch.Tensor) -> torch.Tensor:
        """Of sums over the pixels [B, C], over all of a group: [B, C, 1]."""
        total = (slope * values).reshape(len(x), groups, -1).sum(2) / size
        return total.repeat_interleave(x.shape[1] // groups, 1)[:, :, None]

    dx = slope[:, :, None] * du - group_mean(sums) - unit * group_mean(products)
    dx = dx * rstd.repeat_interleave(x.shape[1] // groups, 1)[:, :, None]
    return dx.to(x.dtype), dweight, dbias, dscale, sums


def _wide(values: torch.Tensor) -> torch.Tensor:
    """Float32, or float64 if it is that already."""
    return values if values.dtype == torch.float64 else values.float()


def _unit(x: torch.Tensor, mean: torch.Tensor, rstd: torch.Tensor) -> torch.Tensor:
    """(x - mean) / sd of its group [B, C, P]."""
    values = _wide(x).reshape(*mean.shape, -1)
    return ((values - mean[:, :, None]) * rstd[:, :, None]).reshape(x.shape)


def _modulated(
    plain: torch.Tensor, scale: torch.Tensor | None, shift: torch.Tensor | None
) -> torch.Tensor:
    if scale is None:
        return plain
    return plain * (_wide(scale)[:, :, None] + 1) + _wide(shift)[:, :, None]
