"""Equation 3's weighted score difference, with DMD2's weight: exactly the kernel's formula."""


def dm_gradient_reference(x, noisy, sigma, f_real, f_fake, sigma_data: float):
    """`grad` [B, D] and `loss` [B], float32, of inputs [B, D] and `sigma` [B].

    Written with D_fake - D_real = c_out (F_fake - F_real): the skip terms cancel exactly.
    """
    x, noisy, f_real, f_fake = (t.float() for t in (x, noisy, f_real, f_fake))
    sigma = sigma.float()[:, None]  # [B, 1]
    square = sigma * sigma + sigma_data * sigma_data
    c_skip = sigma_data * sigma_data / square
    c_out = sigma * sigma_data / square.sqrt()
    d_real = c_skip * noisy + c_out * f_real
    weight = (x - d_real).abs().mean(1, keepdim=True)  # [B, 1]
    # An infinite weight would leave a zero gradient: like a zero weight it must be seen.
    weight = weight.where(weight < float("inf"), float("nan"))
    grad = c_out * (f_fake - f_real) / weight
    return grad, 0.5 * grad.square().mean(1)
