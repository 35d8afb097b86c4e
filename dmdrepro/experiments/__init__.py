"""The paper's experiments at several sizes, and studies of what it leaves open."""

from dmdrepro.experiments.config import SIZES, Distill, Experiment, Teacher, size_words
from dmdrepro.experiments.registry import (
    NEEDS_LOAD,
    REGISTRY,
    as_of_now,
    build,
    check_name,
    check_size,
    every_size,
    field_names,
    nearest,
    parse_overrides,
    register,
)
from dmdrepro.experiments.sampling import Sampling
from dmdrepro.experiments.studies import STUDIES, register_study
from dmdrepro.experiments.study import Arm, Study
from dmdrepro.settings import ConfigError, leaves

__all__ = [
    "NEEDS_LOAD", "REGISTRY", "SIZES", "STUDIES", "Arm", "ConfigError", "Distill", "Experiment",
    "Sampling", "Study", "Teacher", "as_of_now", "build", "check_name", "check_size", "every_size",
    "field_names", "leaves", "nearest", "parse_overrides", "register", "register_study",
    "size_words",
]  # fmt: skip
