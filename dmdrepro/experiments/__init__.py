"""What the paper did, and what it leaves open: experiments in three sizes, and studies of them."""

from dmdrepro.experiments.config import SIZES, ConfigError, Experiment
from dmdrepro.experiments.registry import REGISTRY, build, nearest, parse_overrides
from dmdrepro.experiments.studies import STUDIES, Arm, Study

__all__ = [
    "REGISTRY",
    "SIZES",
    "STUDIES",
    "Arm",
    "ConfigError",
    "Experiment",
    "Study",
    "build",
    "nearest",
    "parse_overrides",
]
