"""What is measured: the pairing, the samples' quality, memorisation, the boundary effect."""

from dmdrepro.metrics.arrays import load_array
from dmdrepro.metrics.boundary import BoundaryRecord, Correlation, boundary_effect
from dmdrepro.metrics.denoiser_error import denoiser_error
from dmdrepro.metrics.memorisation import MemorisationRecord, memorisation_ratio
from dmdrepro.metrics.pairing import PairingRecord, pairing_inefficiency
from dmdrepro.metrics.quality import QualityRecord, sample_quality

__all__ = [
    "BoundaryRecord",
    "Correlation",
    "MemorisationRecord",
    "PairingRecord",
    "QualityRecord",
    "boundary_effect",
    "denoiser_error",
    "load_array",
    "memorisation_ratio",
    "pairing_inefficiency",
    "sample_quality",
]
