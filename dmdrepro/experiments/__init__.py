"""What the paper did, and what it leaves open: experiments in three sizes, and studies of them."""

from dmdrepro.experiments.config import SIZES, Distill, Experiment, Teacher, size_words
from dmdrepro.experiments.registry import (
    REGISTRY,
    as_of_now,
    build,
    check_name,
    check_size,
    every_size,
    nearest,
    parse_overrides,
    register,
)
from dmdrepro.experiments.sampling import Sampling
from dmdrepro.experiments.studies import STUDIES, register_study
from dmdrepro.experiments.study import Arm, Study
from dmdrepro.settings import ConfigError

__all__ = [
    "REGISTRY",
    "SIZES",
    "STUDIES",
    "Arm",
    "ConfigError",
    "Distill",
    "Experiment",
    "Sampling",
    "Study",
    "Teacher",
    "as_of_now",
    "build",
    "check_name",
    "check_size",
    "every_size",
    "nearest",
    "parse_overrides",
    "register",
    "register_study",
    "size_words",
]
