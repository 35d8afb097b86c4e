"""A toy's exact denoiser in the place of a trained network."""

import torch

from dmdrepro.models.edm import c_out, c_skip


class ExactDenoiser(torch.nn.Module):
    """D(x; sigma) = E[x0 | x0 + sigma eps = x], called as an EDMDenoiser is; without weights."""

    sigma_dtype = torch.float64  # of the noise levels that a sampler passes: it computes in float64

    def __init__(self, law: object, sigma_data: float) -> None:
        """`law`: a data set with `denoise`; `sigma_data`: of the preconditioning `raw` undoes."""
        super().__init__()
        self.law, self.sigma_data = law, sigma_data

    def forward(
        self, x: torch.Tensor, sigma: torch.Tensor | float, class_labels: None = None
    ) -> torch.Tensor:
        """D(x; sigma), float32 [B, D], computed in float64; `sigma`: a positive number or [B]."""
        return self.law.denoise(x, sigma).float()

    def raw(self, x: torch.Tensor, sigma: torch.Tensor, class_labels: None = None) -> torch.Tensor:
        """F with D = c_skip x + c_out F (EDM equation 7), float32 [B, D]; `sigma`: [B]."""
        level = sigma.double().reshape(-1, 1)
        rest = self.law.denoise(x, sigma) - c_skip(level, self.sigma_data) * x.double()
        return (rest / c_out(level, self.sigma_data)).float()
