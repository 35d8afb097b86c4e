"""Networks: MLP, ADM U-Net, SongUNet, EDM preconditioning, optional GAN head, digits' classifier.

What is imported here are settings, which load no torch; modules are imported from their files.
"""

from dmdrepro.models.adm import AdmUnet
from dmdrepro.models.mlp import Mlp
from dmdrepro.models.model import Model
from dmdrepro.models.song import SongUnet

__all__ = ["AdmUnet", "Mlp", "Model", "SongUnet"]
