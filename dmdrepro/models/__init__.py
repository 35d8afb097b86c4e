"""Networks: MLP, ADM U-Net, EDM preconditioning of both, optional GAN head, digits' classifier.

What is imported here are settings, which load no torch; modules are imported from their files.
"""

from dmdrepro.models.adm import AdmUnet
from dmdrepro.models.mlp import Mlp
from dmdrepro.models.model import Model

__all__ = ["AdmUnet", "Mlp", "Model"]
