"""Group normalisation, scale and shift, and SiLU: Triton kernels, forward and backward.

A program has some neighbouring groups of one sample, so it reads 16 channels or more at a time if
channels lie side by side (NHWC). It reads its pixels once each for mean, variance and result; they
stay in the cache. Sums are in a fixed order, which depends on the strides: no atomics.
"""

import torch
import triton
import triton.language as tl

SIDE_BY_SIDE = 16  # channels read at a time, at least
TILE = 2048  # values of x at once
NUM_WARPS = 4
BATCH, CHANNELS = 32, 32  # of the sums over the samples


@triton.jit
def _program(groups, GROUPS: tl.constexpr, WIDTH: tl.constexpr, PADDED: tl.constexpr):
    """(sample, its groups [GROUPS], their channels [GROUPS, PADDED], which there are)."""
    blocks = tl.cdiv(groups, GROUPS)
    g = (tl.program_id(0) % blocks) * GROUPS + tl.arange(0, GROUPS)
    k = tl.arange(0, PADDED)
    channel = g[:, None] * WIDTH + k[None, :]
    return tl.program_id(0) // blocks, g, channel, (g < groups)[:, None] & (k < WIDTH)[None, :]


@triton.jit
def _before_silu(x, dy, inside, centre, spread, a, c, SILU: tl.constexpr):
    """(normalised x, dL/du), u = a unit + c, of pixels' values behind the pointers x and dy."""
    value = tl.load(x, inside, 0.0).to(tl.float32)
    du = tl.load(dy, inside, 0.0).to(tl.float32)
    unit = (value - centre[None, :, None]) * spread[None, :, None]
    if SILU:
        u = a[None] * unit + c[None]
        sigmoid = 1.0 / (1.0 + tl.exp(-u))
        du = du * sigmoid * (1.0 + u * (1.0 - sigmoid))
    return unit, du


@triton.jit
def group_norm_forward_kernel(
    x,  # [B, C, P], any strides
    weight,  # [C]
    bias,  # [C]
    scale,  # [B or 1, C]
    shift,  # [B or 1, C]
    y,  # [B, P, C], out
    mean,  # [B, groups] float32, out
    rstd,  # [B, groups] float32, out
    P,
    C,
    groups,
    x_b,
    x_c,
    x_p,
    s_b,  # of scale and shift; 0: the same for all samples
    size,  # values of a group, a float: as an integer of value 1 it would be a constant
    eps,
    BLOCK: tl.constexpr,
    GROUPS: tl.constexpr,
    WIDTH: tl.constexpr,  # channels of a group
    PADDED: tl.constexpr,  # to a power of two
    SILU: tl.constexpr,
    MODULATED: tl.constexpr,
):
    b, g, channel, mine = _program(groups, GROUPS, WIDTH, PADDED)
    x += b.to(tl.int64) * x_b + channel.to(tl.int64) * x_c

    total = tl.zeros([BLOCK, GROUPS, PADDED], dtype=tl.float32)
    for start in range(0, P, BLOCK):
        p = start + tl.arange(0, BLOCK)
        inside = (p < P)[:, None, None] & mine[None]
        value = tl.load(x[None] + p.to(tl.int64)[:, None, None] * x_p, inside, 0.0)
        total += value.to(tl.float32)
    centre = tl.sum(tl.sum(total, 0), 1) / size  # [GROUPS]

    total = tl.zeros([BLOCK, GROUPS, PADDED], dtype=tl.float32)
    for start in range(0, P, BLOCK):
        p = start + tl.arange(0, BLOCK)
        inside = (p < P)[:, None, None] & mine[None]
        value = tl.load(x[None] + p.to(tl.int64)[:, None, None] * x_p, inside, 0.0).to(tl.float32)
        away = tl.where(inside, value - centre[None, :, None], 0.0)
        total += away * away
    spread = 1.0 / tl.sqrt(tl.sum(tl.sum(total, 0), 1) / size + eps)
    tl.store(mean + b * groups + g, centre, g < groups)
    tl.store(rstd + b * groups + g, spread, g < groups)

    # u = a (x - centre) + c, of each channel
    a = tl.load(weight + channel, mine, 0.0).to(tl.float32) * spread[:, None]
    c = tl.load(bias + channel, mine, 0.0).to(tl.float32)
    if MODULATED:
        factor = tl.load(scale + b * s_b + channel, mine, 0.0).to(tl.float32) + 1.0
        a *= factor
        c = c * factor + tl.load(shift + b * s_b + channel, mine, 0.0).to(tl.float32)
    y += b.to(tl.int64) * P * C + channel
    for start in range(0, P, BLOCK):
        p = start + tl.arange(0, BLOCK)
        inside = (p < P)[:, None, None] & mine[None]
        value = tl.load(x[None] + p.to(tl.int64)[:, None, None] * x_p, inside, 0.0).to(tl.float32)
        u = a[None] * (value - centre[None, :, None]) + c[None]
        if SILU:
            u = u / (1.0 + tl.exp(-u))
        tl.store(y[None] + p.to(tl.int64)[:, None, None] * C, u, inside)


@triton.jit
def group_norm_backward_kernel(
    dy,  # [B, C, P], any strides
    x,  # [B, C, P], any strides
    weight,  # [C]
    bias,  # [C]
    scale,  # [B or 1, C]
    shift,  # [B or 1, C]
    mean,  # [B, groups]
    rstd,  # [B, groups]
    dx,  # [B, P, C], out
    sums,  # [B, C] float32, out: of dL/du over the pixels
    products,  # [B, C] float32, out: of dL/du times the normalised x
    P,
    C,
    groups,
    dy_b,
    dy_c,
    dy_p,
    x_b,
    x_c,
    x_p,
    s_b,
    size,
    BLOCK: tl.constexpr,
    GROUPS: tl.constexpr,
    WIDTH: tl.constexpr,  # channels of a group
    PADDED: tl.constexpr,  # to a power of two
    SILU: tl.constexpr,
    MODULATED: tl.constexpr,
):
    b, g, channel, mine = _program(groups, GROUPS, WIDTH, PADDED)
    x += b.to(tl.int64) * x_b + channel.to(tl.int64) * x_c
    dy += b.to(tl.int64) * dy_b + channel.to(tl.int64) * dy_c
    centre = tl.load(mean + b * groups + g, g < groups, 0.0)
    spread = tl.load(rstd + b * groups + g, g < groups, 0.0)
    a = tl.load(weight + channel, mine, 0.0).to(tl.float32)  # u = a unit + c
    c = tl.load(bias + channel, mine, 0.0).to(tl.float32)
    if MODULATED:
        factor = tl.load(scale + b * s_b + channel, mine, 0.0).to(tl.float32) + 1.0
        a *= factor
        c = c * factor + tl.load(shift + b * s_b + channel, mine, 0.0).to(tl.float32)

    total = tl.zeros([BLOCK, GROUPS, PADDED], dtype=tl.float32)
    along = tl.zeros([BLOCK, GROUPS, PADDED], dtype=tl.float32)
    for start in range(0, P, BLOCK):
        p = start + tl.arange(0, BLOCK)
        inside = (p < P)[:, None, None] & mine[None]
        pixel = p.to(tl.int64)[:, None, None]
        unit, du = _before_silu(
            x[None] + pixel * x_p, dy[None] + pixel * dy_p, inside, centre, spread, a, c, SILU
        )
        total += du
        along += du * unit
    total, along = tl.sum(total, 0), tl.sum(along, 0)  # [GROUPS, PADDED]
    tl.store(sums + b * C + channel, total, mine)
    tl.store(products + b * C + channel, along, mine)
    flat = tl.sum(a * total, 1) / size  # [GROUPS]
    tilt = tl.sum(a * along, 1) / size

    dx += b.to(tl.int64) * P * C + channel
    for start in range(0, P, BLOCK):
        p = start + tl.arange(0, BLOCK)
        inside = (p < P)[:, None, None] & mine[None]
        pixel = p.to(tl.int64)[:, None, None]
        unit, du = _before_silu(
            x[None] + pixel * x_p, dy[None] + pixel * dy_p, inside, centre, spread, a, c, SILU
        )
        slope = a[None] * du - flat[None, :, None] - unit * tilt[None, :, None]
        tl.store(dx[None] + pixel * C, slope * spread[None, :, None], inside)


@triton.jit
def norm_parameters_kernel(
    sums,  # [B, C]
    products,  # [B, C]
    weight,  # [C]
    bias,  # [C]
    scale,  # [B or 1, C]
    dweight,  # [C] float32, out
    dbias,  # [C] float32, out
    dscale,  # [B, C] float32, out
    B,
    C,
    s_b,
    BATCH: tl.constexpr,
    CHANNELS: tl.constexpr,
    MODULATED: tl.constexpr,
):
    channel = tl.program_id(0) * CHANNELS + tl.arange(0, CHANNELS)
    known = channel < C
    w = tl.load(weight + channel, known, 0.0).to(tl.float32)
    o = tl.load(bias + channel, known, 0.0).to(tl.float32)
    of_weight = tl.zeros([CHANNELS], dtype=tl.float32)
    of_bias = tl.zeros([CHANNELS], dtype=tl.float32)
    for start in range(0, B, BATCH):
        b = start + tl.arange(0, BATCH)
        place = b[:, None] * C + channel[None]
        inside = (b < B)[:, None] & known[None]
        total = tl.load(sums + place, inside, 0.0)
        along = tl.load(products + place, inside, 0.0)
        if MODULATED:
            tl.store(dscale + place, w[None] * along + o[None] * total, inside)
            factor = tl.load(scale + b[:, None] * s_b + channel[None], inside, 0.0)
            total *= factor.to(tl.float32) + 1.0
            along *= factor.to(tl.float32) + 1.0
        of_weight += tl.sum(along, 0)
        of_bias += tl.sum(total, 0)
    tl.store(dweight + channel, of_weight, known)
    tl.store(dbias + channel, of_bias, known)


def _shape(x: torch.Tensor, groups: int) -> tuple[int, dict[str, int]]:
    """(programs, block sizes) for x [B, C, P]."""
    batch, channels, pixels = x.shape
    width = channels // groups
    padded = triton.next_power_of_2(width)
    side = min(max(1, SIDE_BY_SIDE // padded), triton.next_power_of_2(groups))
    block = min(max(1, TILE // (side * padded)), triton.next_power_of_2(pixels))
    programs = batch * triton.cdiv(groups, side)
    return programs, {"BLOCK": block, "GROUPS": side, "WIDTH": width, "PADDED": padded}


def _rows(scale: torch.Tensor | None, shift: torch.Tensor | None, x: torch.Tensor):
    """scale, shift, their stride over the samples; if there are none, what nothing reads."""
    if scale is None:
        return x, x, 0
    return scale, shift, 0 if len(scale) == 1 else scale.stride(0)


def launch_forward(x, weight, bias, scale, shift, groups: int, eps: float, silu: bool):
    """`y` [B, C, P] as P rows of C, `mean` and `rstd` [B, groups] float32, of x [B, C, P]."""
    batch, channels, pixels = x.shape
    y = torch.empty((batch, pixels, channels), dtype=x.dtype, device=x.device)
    mean, rstd = (torch.empty((batch, groups), device=x.device) for _ in range(2))
    programs, blocks = _shape(x, groups)
    size = float(pixels * (channels // groups))
    scale_, shift_, s_b = _rows(scale, shift, x)
    group_norm_forward_kernel[(programs,)](
        x, weight, bias, scale_, shift_, y, mean, rstd, pixels, channels, groups,
        *x.stride(), s_b, size, eps, **blocks, SILU=silu,
        MODULATED=scale is not None, num_warps=NUM_WARPS,
    )  # fmt: skip
    return y.transpose(1, 2), mean, rstd


def launch_backward(dy, x, weight, bias, scale, shift, mean, rstd, silu: bool):
    """`dx` as `y`; of weight, bias [C] and of each sample's scale, shift [B, C], float32."""
    batch, channels, pixels = x.shape
    groups = mean.shape[1]
    dx = torch.empty((batch, pixels, channels), dtype=x.dtype, device=x.device)
    sums, products, dscale = (torch.empty((batch, channels), device=x.device) for _ in range(3))
    dweight, dbias = (torch.empty(channels, device=x.device) for _ in range(2))
    programs, blocks = _shape(x, groups)
    size = float(pixels * (channels // groups))
    scale_, shift_, s_b = _rows(scale, shift, x)
    group_norm_backward_kernel[(programs,)](
        dy, x, weight, bias, scale_, shift_, mean, rstd, dx, sums, products, pixels, channels,
        groups, *dy.stride(), *x.stride(), s_b, size, **blocks, SILU=silu,
        MODULATED=scale is not None, num_warps=NUM_WARPS,
    )  # fmt: skip
    norm_parameters_kernel[(triton.cdiv(channels, CHANNELS),)](
        sums, products, weight, bias, scale_, dweight, dbias, dscale, batch, channels, s_b,
        BATCH=min(BATCH, triton.next_power_of_2(batch)), CHANNELS=CHANNELS,
        MODULATED=scale is not None, num_warps=NUM_WARPS,
    )  # fmt: skip
    return dx.transpose(1, 2), dweight, dbias, dscale, sums
