"""What is measured: the pairing, the samples' quality, memorisation, the boundary effect."""

from dmdrepro.metrics.arrays import load_array
from dmdrepro.metrics.boundary import boundary_effect
from dmdrepro.metrics.boundary_classes import boundary_by_class
from dmdrepro.metrics.denoiser_error import denoiser_error
from dmdrepro.metrics.features import feature_quality, frechet_squared, precision_recall
from dmdrepro.metrics.memorisation import MemorisationRecord, memorisation_ratio
from dmdrepro.metrics.over_n import pairing_of_sets
from dmdrepro.metrics.pairing import PairingRecord, pairing_inefficiency
from dmdrepro.metrics.quality import sample_quality
from dmdrepro.metrics.turn import turn_of

__all__ = [
    "MemorisationRecord", "PairingRecord", "boundary_by_class", "boundary_effect",
    "denoiser_error", "feature_quality", "frechet_squared", "load_array", "memorisation_ratio",
    "pairing_inefficiency", "pairing_of_sets", "precision_recall", "sample_quality", "turn_of",
]  # fmt: skip
