"""The DM gradient as one Triton kernel: a program for each sample, two passes over its values."""

import torch
import triton
import triton.language as tl

BLOCK = 1024
NUM_WARPS = 4


@triton.jit
def dm_gradient_kernel(
    x,  # [B, D]
    noisy,  # [B, D]
    sigma,  # [B]
    f_real,  # [B, D]
    f_fake,  # [B, D]
    grad,  # [B, D] float32, out
    loss,  # [B] float32, out
    D,
    sigma_data,
    BLOCK: tl.constexpr,
):
    b = tl.program_id(0)
    s = tl.load(sigma + b).to(tl.float32)
    square = s * s + sigma_data * sigma_data
    c_skip = sigma_data * sigma_data / square
    c_out = s * sigma_data / tl.sqrt(square)
    row = b.to(tl.int64) * D

    total = tl.zeros([BLOCK], dtype=tl.float32)
    for start in range(0, D, BLOCK):
        i = start + tl.arange(0, BLOCK)
        inside = i < D
        d_real = c_skip * tl.load(noisy + row + i, inside, 0.0).to(tl.float32)
        d_real += c_out * tl.load(f_real + row + i, inside, 0.0).to(tl.float32)
        difference = tl.load(x + row + i, inside, 0.0).to(tl.float32) - d_real
        total += tl.where(inside, tl.abs(difference), 0.0)
    weight = tl.sum(total, 0) / D
    # An infinite weight would leave a zero gradient: like a zero weight it must be seen.
    weight = tl.where(weight < float("inf"), weight, float("nan"))

    total = tl.zeros([BLOCK], dtype=tl.float32)
    for start in range(0, D, BLOCK):
        i = start + tl.arange(0, BLOCK)
        inside = i < D
        real = tl.load(f_real + row + i, inside, 0.0).to(tl.float32)
        fake = tl.load(f_fake + row + i, inside, 0.0).to(tl.float32)
        g = c_out * (fake - real) / weight
        tl.store(grad + row + i, g, inside)
        total += tl.where(inside, g * g, 0.0)
    tl.store(loss + b, 0.5 * tl.sum(total, 0) / D)


def launch(x, noisy, sigma, f_real, f_fake, sigma_data: float):
    """`grad` [B, D] and `loss` [B], float32, of contiguous inputs [B, D] and `sigma` [B]."""
    batch, size = x.shape
    grad = torch.empty((batch, size), dtype=torch.float32, device=x.device)
    loss = torch.empty(batch, dtype=torch.float32, device=x.device)
    dm_gradient_kernel[(batch,)](
        x, noisy, sigma, f_real, f_fake, grad, loss, size, float(sigma_data),
        BLOCK=BLOCK, num_warps=NUM_WARPS,
    )  # fmt: skip
    return grad, loss
