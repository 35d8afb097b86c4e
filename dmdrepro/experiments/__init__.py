"""What the paper did: one registry of experiments in three sizes."""

from dmdrepro.experiments.config import SIZES, ConfigError, Experiment
from dmdrepro.experiments.registry import REGISTRY, build, nearest, parse_overrides

__all__ = ["REGISTRY", "SIZES", "ConfigError", "Experiment", "build", "nearest", "parse_overrides"]
