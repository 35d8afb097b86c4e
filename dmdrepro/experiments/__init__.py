"""What the paper did, and what it leaves open: experiments in three sizes, and studies of them."""

from dmdrepro.experiments.config import SIZES, Experiment, size_words
from dmdrepro.experiments.registry import (
    REGISTRY,
    as_of_now,
    build,
    check_name,
    check_size,
    nearest,
    parse_overrides,
    register,
)
from dmdrepro.experiments.studies import STUDIES
from dmdrepro.experiments.study import Arm, Study
from dmdrepro.settings import ConfigError

__all__ = [
    "REGISTRY",
    "SIZES",
    "STUDIES",
    "Arm",
    "ConfigError",
    "Experiment",
    "Study",
    "as_of_now",
    "build",
    "check_name",
    "check_size",
    "nearest",
    "parse_overrides",
    "register",
    "size_words",
]
