"""The public operation `dm_gradient` and its registration with torch."""

import torch

from dmdrepro.kernels.checks import FLOATS, check_same_device
from dmdrepro.kernels.dispatch import implementation
from dmdrepro.kernels.dm_gradient.reference import dm_gradient_reference


@torch.library.custom_op("dmdrepro::dm_gradient", mutates_args=())
def _dm_gradient(
    x: torch.Tensor,
    noisy: torch.Tensor,
    sigma: torch.Tensor,
    f_real: torch.Tensor,
    f_fake: torch.Tensor,
    sigma_data: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [t.reshape(len(x), -1).contiguous() for t in (x, noisy, f_real, f_fake)]
    run = implementation("dm_gradient", x, dm_gradient_reference)
    grad, loss = run(*rows[:2], sigma.contiguous(), *rows[2:], sigma_data)
    return grad.reshape(x.shape), loss


@_dm_gradient.register_fake
def _(x, noisy, sigma, f_real, f_fake, sigma_data):
    grad = torch.empty(x.shape, dtype=torch.float32, device=x.device)
    return grad, grad.new_empty(len(x))


def dm_gradient(
    x: torch.Tensor,
    noisy: torch.Tensor,
    sigma: torch.Tensor,
    f_real: torch.Tensor,
    f_fake: torch.Tensor,
    sigma_data: float,
    *,
    check: bool = True,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The weighted score difference of DMD and its loss, from both raw network outputs.

    `x` = G(z), `noisy` = x + sigma eps, `f_real`, `f_fake`: [B, ...], float32, bfloat16 or
    float16, any strides; `sigma`: [B] > 0, float64 too; `sigma_data` > 0. Returns `grad` [B, ...]
    float32 contiguous, (D_fake - D_real) / mean|x - D_real| with the mean over one sample and
    D = c_skip noisy + c_out F (EDM, equation 7): the paper's equation 3. And `loss` [B], half its
    mean square (DMD2), logged in place of equation 2. No gradient flows through either.

    Raises ValueError for shapes, dtypes or devices that do not fit, and, naming the sample, for a
    zero weight or an input that is not finite. That check makes a GPU wait; a caller in a CUDA
    graph passes `check=False` and looks for a non-finite `loss` later.
    """
    for name, t in (("noisy", noisy), ("f_real", f_real), ("f_fake", f_fake)):
        if t.shape != x.shape:
            raise ValueError(
                f"dm_gradient: {name} has shape {tuple(t.shape)} and x {tuple(x.shape)}; "
                "they must agree."
            )
    if x.ndim < 2 or x.numel() == 0:
        raise ValueError(f"dm_gradient: x has shape {tuple(x.shape)}; pass [B, ...], not empty.")
    if sigma.shape != x.shape[:1]:
        raise ValueError(
            f"dm_gradient: sigma has shape {tuple(sigma.shape)}; pass [{len(x)}], one per sample."
        )
    if not sigma_data > 0:
        raise ValueError(f"dm_gradient: sigma_data is {sigma_data}; it must be positive.")
    tensors = {"x": x, "noisy": noisy, "f_real": f_real, "f_fake": f_fake}
    check_same_device("dm_gradient", tensors, FLOATS)
    check_same_device("dm_gradient", {"x": x, "sigma": sigma}, (*FLOATS, torch.float64))
    x, noisy, sigma, f_real, f_fake = (t.detach() for t in (x, noisy, sigma, f_real, f_fake))
    grad, loss = _dm_gradient(x, noisy, sigma.float(), f_real, f_fake, float(sigma_data))
    if check and not bool(torch.isfinite(loss).all()):
        sample = int(torch.isfinite(loss).logical_not().nonzero()[0])
        raise ValueError(
            f"dm_gradient: sample {sample} has no finite gradient: its weight mean|x - D_real| "
            "is zero, or an input is not finite."
        )
    return grad, loss
