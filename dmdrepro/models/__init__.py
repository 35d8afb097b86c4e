"""Networks: MLP, ADM U-Net, EDM preconditioning of both, optional GAN head, digits' classifier."""

from dmdrepro.models.adm import adm_denoiser
from dmdrepro.models.classifier import DigitClassifier
from dmdrepro.models.edm import EDMDenoiser, c_in, c_noise, c_out, c_skip, precondition
from dmdrepro.models.exact import ExactDenoiser
from dmdrepro.models.gan_head import GanHead
from dmdrepro.models.mlp import mlp_denoiser

__all__ = [
    "DigitClassifier",
    "EDMDenoiser",
    "ExactDenoiser",
    "GanHead",
    "adm_denoiser",
    "c_in",
    "c_noise",
    "c_out",
    "c_skip",
    "mlp_denoiser",
    "precondition",
]
